import { errorFromResponse, PolysemeRequestError, unreachable } from "./errors.ts";
import { DEFAULT_RETRY, pauseBeforeRetry, sleep, type RetryPolicy } from "./retry.ts";

export interface RequesterOptions {
  /** Where the server listens, such as `http://127.0.0.1:8080`; a path in it is kept. */
  readonly url: string;
  readonly apiKey?: string | undefined;
  /** Another fetch than the global one. */
  readonly fetch?: typeof fetch | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Longest that one request may take. */
  readonly timeoutMs?: number | undefined;
}

export interface RequestOptions {
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is, with this content type. */
  readonly body?: { readonly bytes: Uint8Array<ArrayBuffer>; readonly contentType: string };
  readonly signal?: AbortSignal | undefined;
  /** Told before each pause. */
  readonly onPause?: ((pause: RequestPause) => void) | undefined;
  /** False when a request whose answer was lost must not be sent again; true when left out. */
  readonly repeatable?: boolean;
  /** The answer is the response, whose body is still to be read, for as long as that takes. */
  readonly raw?: boolean;
  /** Statuses beside the successful ones whose body is an answer. */
  readonly alsoAnswers?: readonly number[];
}

/** Why a request is not answered yet, and when it is sent again. */
export interface RequestPause {
  readonly error: PolysemeRequestError;
  readonly pauseMs: number;
}

/** One HTTP exchange with the server, with retries. */
export type Requester = <Answer>(
  method: "GET" | "POST" | "PUT" | "DELETE",
  path: string,
  options?: RequestOptions,
) => Promise<{ readonly status: number; readonly answer: Answer }>;

const DEFAULT_TIMEOUT_MS = 150_000;

/**
 * Requests against one server. Tries again after 429, 503 and lost connections, a bounded number of times.
 * Rejects with PolysemeRequestError, or with the signal's reason when that is aborted.
 */
export function makeRequester(options: RequesterOptions): Requester {
  if (!URL.canParse(options.url))
    throw new PolysemeRequestError(0, "invalid", `"${options.url}" is not a URL. It looks like http://127.0.0.1:8080.`);
  const base = options.url.replace(/\/+$/, "");
  const policy: RetryPolicy = { ...DEFAULT_RETRY, ...options.retry };
  const send = options.fetch ?? fetch;
  const timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;

  const once = async <Answer>(
    method: string,
    path: string,
    request: RequestOptions,
  ): Promise<{ status: number; answer: Answer }> => {
    const { signal, alsoAnswers = [] } = request;
    const { timeout, clear } = request.raw === true ? untilHeaders(timeoutMs) : untilEnd(timeoutMs);
    try {
      const response = await send(`${base}${path}`, {
        method,
        headers: headersOf(request, options.apiKey),
        body: request.body?.bytes ?? (request.json === undefined ? null : JSON.stringify(request.json)),
        signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      });
      if (!response.ok && !alsoAnswers.includes(response.status)) throw await errorFromResponse(response, Date.now());
      clear();
      if (request.raw === true) return { status: response.status, answer: response as Answer };
      return { status: response.status, answer: (await response.json()) as Answer };
    } catch (error) {
      if (error instanceof PolysemeRequestError) throw error;
      if (signal?.aborted === true) throw signal.reason;
      if (error instanceof SyntaxError)
        throw new PolysemeRequestError(
          0,
          "bad_answer",
          `${base} did not answer with JSON. Is this a polyseme server's URL?`,
        );
      throw unreachable(base, error);
    }
  };

  return async <Answer>(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    request: RequestOptions = {},
  ): Promise<{ status: number; answer: Answer }> => {
    for (let failures = 1; ; failures += 1) {
      try {
        return await once<Answer>(method, path, request);
      } catch (error) {
        const repeatable = request.repeatable ?? true;
        // A full server that took a part of it will take all in the end, however slow it is.
        if (tookPart(error)) failures = 1;
        const pauseMs = pauseBeforeRetry(error, { policy, failures, repeatable, random: Math.random() });
        if (pauseMs === undefined || !(error instanceof PolysemeRequestError)) throw error;
        request.onPause?.({ error, pauseMs });
        await sleep(pauseMs, request.signal);
      }
    }
  };
}

function tookPart(error: unknown): boolean {
  return error instanceof PolysemeRequestError && error.status === 429 && Number(error.details?.["accepted"] ?? 0) > 0;
}
function untilEnd(ms: number): { readonly timeout: AbortSignal; readonly clear: () => void } {
  return { timeout: AbortSignal.timeout(ms), clear: () => undefined };
}

function untilHeaders(ms: number): { readonly timeout: AbortSignal; readonly clear: () => void } {
  const controller = new AbortController();
  const timer = setTimeout(() => {
    controller.abort(new DOMException("The server did not answer in time", "TimeoutError"));
  }, ms);
  return {
    timeout: controller.signal,
    clear: () => {
      clearTimeout(timer);
    },
  };
}

function headersOf(request: RequestOptions, apiKey: string | undefined): Record<string, string> {
  const contentType = request.body?.contentType ?? (request.json === undefined ? undefined : "application/json");
  return {
    accept: "application/json",
    ...(contentType === undefined ? {} : { "content-type": contentType }),
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  };
}
