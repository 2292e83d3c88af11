/** What the server said when it refused, or why nothing was heard of it. */
export class ServerError extends Error {
  /** The server's code; "unreachable" or "unreadable" when it gave none. */
  readonly code: string;
  /** When to come back, where the server said so. */
  readonly retryAfterMs: number | undefined;

  constructor(code: string, message: string, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export type Method = "GET" | "PUT" | "POST" | "DELETE";

/** Ways to ask the server that this page came from. All of them throw ServerError, and AbortError when the signal is aborted. */
export interface Transport {
  /** A body, where there is one, is sent as JSON. */
  json<T>(this: void, method: Method, path: string, signal: AbortSignal, body?: unknown): Promise<T>;
  /** Posts lines of JSON, one document each. */
  lines<T>(this: void, path: string, lines: string, signal: AbortSignal): Promise<T>;
  text(this: void, path: string, signal: AbortSignal): Promise<string>;
  /** An answer that is read while it comes; it may take as long as it likes. */
  stream(this: void, path: string, signal: AbortSignal): Promise<ReadableStream<Uint8Array<ArrayBuffer>> | null>;
}

const ANSWER_MS = 60_000;

interface Sent {
  readonly type: string;
  readonly body: string;
}

/** @param key sent as it is; an empty one is not */
export function makeTransport(key: string): Transport {
  const ask = async (method: Method, path: string, signal: AbortSignal, sent?: Sent): Promise<Response> => {
    const headers: Record<string, string> = key === "" ? {} : { authorization: `Bearer ${key}` };
    if (sent !== undefined) headers["content-type"] = sent.type;
    const body = sent === undefined ? {} : { body: sent.body };
    const response = await fetch(new URL(path, document.baseURI), { method, signal, headers, ...body }).catch(
      (error: unknown) => {
        throw asServerError(error, signal);
      },
    );
    if (response.ok) return response;
    throw await refusal(response);
  };
  const read = async <T>(
    signal: AbortSignal,
    asked: (within: AbortSignal) => Promise<Response>,
    take: (response: Response) => Promise<T>,
  ): Promise<T> => {
    const within = AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]);
    const response = await asked(within);
    return take(response).catch((error: unknown) => {
      throw asServerError(error, within);
    });
  };
  return {
    json: (method, path, signal, body) => {
      const sent = body === undefined ? undefined : { type: "application/json", body: JSON.stringify(body) };
      return read(
        signal,
        (within) => ask(method, path, within, sent),
        (response) => response.json(),
      );
    },
    lines: (path, lines, signal) =>
      read(
        signal,
        (within) => ask("POST", path, within, { type: "application/x-ndjson", body: lines }),
        (response) => response.json(),
      ),
    text: (path, signal) =>
      read(
        signal,
        (within) => ask("GET", path, within),
        (response) => response.text(),
      ),
    stream: async (path, signal) => (await ask("GET", path, signal)).body,
  };
}

/** Errors have one shape; what comes from a proxy on the way may have another. */
async function refusal(response: Response): Promise<ServerError> {
  const body = (await response.json().catch(() => undefined)) as
    { error?: { code?: string; message?: string } } | undefined;
  const { code = "unreadable", message = `The server answered ${response.status}.` } = body?.error ?? {};
  const seconds = Number(response.headers.get("retry-after") ?? NaN);
  return new ServerError(code, message, Number.isFinite(seconds) ? seconds * 1_000 : undefined);
}

function asServerError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) {
    const reason: unknown = signal.reason;
    if (reason instanceof DOMException && reason.name === "TimeoutError")
      return new ServerError("unreachable", `No answer within ${ANSWER_MS / 1_000} s. Ask again later.`);
    return reason;
  }
  if (error instanceof SyntaxError) return new ServerError("unreadable", "The server's answer is no JSON.");
  return new ServerError("unreachable", "The server does not answer. Is it running?");
}
