/** What a server answered when it did not do what was asked, or why it could not be reached (`status` 0). */
export class PolysemeRequestError extends Error {
  override readonly name = "PolysemeRequestError";
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The server's code, `unreachable` without an answer, `bad_answer` when the answer is not this API's. */
  readonly code: string;
  readonly details: Readonly<Record<string, unknown>> | undefined;
  /** From `Retry-After`: how long the server asks to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    status: number,
    code: string,
    message: string,
    options: { details?: Readonly<Record<string, unknown>>; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.details = options.details;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The error for an answer that is not a success. */
export async function errorFromResponse(response: Response, nowMs: number): Promise<PolysemeRequestError> {
  const text = await response.text().catch(() => "");
  const retryAfterMs = parseRetryAfter(response.headers.get("retry-after"), nowMs);
  const retry = retryAfterMs === undefined ? {} : { retryAfterMs };
  const error = parseErrorBody(text);
  if (error === undefined) {
    const excerpt = text.trim().slice(0, 200);
    const message = `The server answered ${response.status}${excerpt === "" ? "" : `: ${excerpt}`}. Is this a polyseme server's URL?`;
    return new PolysemeRequestError(response.status, "bad_answer", message, retry);
  }
  return new PolysemeRequestError(response.status, error.code, error.message, {
    ...(error.details === undefined ? {} : { details: error.details }),
    ...retry,
  });
}

/** The error for a request that got no answer. */
export function unreachable(url: string, cause: unknown): PolysemeRequestError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = inner instanceof Error && "code" in inner && typeof inner.code === "string" ? inner.code : "";
  const reason = inner instanceof Error && inner.message !== "" ? inner.message : code || String(inner);
  return new PolysemeRequestError(0, "unreachable", `Cannot reach ${url}: ${reason}. Is the server running there?`, {
    cause,
  });
}

/** `Retry-After` as milliseconds from now: seconds or a date. */
export function parseRetryAfter(header: string | null, nowMs: number): number | undefined {
  if (header === null) return undefined;
  if (/^\s*\d+(\.\d+)?\s*$/.test(header)) return Number(header) * 1_000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}

function parseErrorBody(
  text: string,
): { code: string; message: string; details?: Readonly<Record<string, unknown>> } | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const error = isRecord(body) ? body["error"] : undefined;
    if (!isRecord(error) || typeof error["code"] !== "string" || typeof error["message"] !== "string") return undefined;
    const { code, message, details } = error;
    return isRecord(details) ? { code, message, details } : { code, message };
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
