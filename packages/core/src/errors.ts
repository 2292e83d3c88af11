/**
 * The closed list of error codes. HTTP status, retry decision and metric label all come from here, so that a code means
 * the same thing in an answer, in the ledger and on a graph.
 *
 * retry: `never`: the same input fails again; `backoff`: try again a few times, each later than the last;
 * `wait`: nothing is wrong with the input, try again for as long as it takes.
 */
export const ERROR_CODES = {
  invalid: { status: 400, retry: "never" },
  unauthorized: { status: 401, retry: "never" },
  forbidden: { status: 403, retry: "never" },
  not_found: { status: 404, retry: "never" },
  /** The caller sent its request too slowly; the connection is closed. */
  too_slow: { status: 408, retry: "backoff" },
  conflict: { status: 409, retry: "never" },
  too_large: { status: 413, retry: "never" },
  unsupported_media_type: { status: 415, retry: "never" },
  unusable_text: { status: 422, retry: "never" },
  overloaded: { status: 429, retry: "wait" },
  internal: { status: 500, retry: "backoff" },
  encode_failed: { status: 500, retry: "never" },
  encoder_crashed: { status: 500, retry: "never" },
  not_implemented: { status: 501, retry: "never" },
  unavailable: { status: 503, retry: "wait" },
  model_unavailable: { status: 503, retry: "wait" },
} as const satisfies Record<string, { status: number; retry: "never" | "backoff" | "wait" }>;

export type ErrorCode = keyof typeof ERROR_CODES;
export type RetryPolicy = (typeof ERROR_CODES)[ErrorCode]["retry"];

export type ErrorDetails = Readonly<Record<string, unknown>>;

/** The one error class. `details.field` names the part of the input that is at fault. */
export class PolysemeError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails | undefined;

  constructor(code: ErrorCode, message: string, options: { details?: ErrorDetails; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "PolysemeError";
    this.code = code;
    this.details = options.details;
  }

  get status(): number {
    return ERROR_CODES[this.code].status;
  }

  get retry(): RetryPolicy {
    return ERROR_CODES[this.code].retry;
  }
}

/** What was thrown, as a PolysemeError: unknown things become `internal` with the original as cause. */
export function asPolysemeError(thrown: unknown): PolysemeError {
  if (thrown instanceof PolysemeError) return thrown;
  return new PolysemeError("internal", messageOf(thrown), { cause: thrown });
}

export function messageOf(thrown: unknown): string {
  if (thrown instanceof AggregateError && thrown.message === "") return thrown.errors.map(messageOf).join("; ");
  return thrown instanceof Error ? thrown.message : String(thrown);
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(ERROR_CODES, value);
}
