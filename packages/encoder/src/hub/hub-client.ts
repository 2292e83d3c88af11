import { readFile } from "node:fs/promises";
import { isToken, messageOf, PolysemeError, type HubConfig } from "@polyseme/core";
import { EnvHttpProxyAgent, request, type Dispatcher } from "undici";
import { PassingFault } from "./passing-fault.ts";

/** What the hub, or whoever it sent us to, answered. */
export interface HubAnswer {
  readonly status: number;
  /** Of the last answer; names in small letters. */
  readonly headers: HubHeaders;
  /** Of the hub's own answer, before any redirect: it knows the file, a store behind it only bytes. */
  readonly hubHeaders: HubHeaders;
  /** False: a store that the hub sent us to, whose no is none of the hub's. */
  readonly isHubs: boolean;
  /** Must be read to its end or left by `break`. Throws PassingFault when the connection is cut. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Lets go of a body that nobody wants. */
  discard(): void;
}

export type HubHeaders = Readonly<Record<string, string | undefined>>;

export interface HubRequest {
  readonly method?: "GET" | "HEAD";
  readonly range?: string;
  readonly signal: AbortSignal;
}

/** Asks one hub, with its token, through the proxy of the settings. */
export interface HubClient {
  readonly endpoint: string;
  /** Whether requests carry a token. */
  hasToken(): Promise<boolean>;
  /**
   * @param path behind the endpoint, encoded
   * @throws PassingFault when no answer came; PolysemeError `model_unavailable` when none will; the signal's reason
   */
  ask(path: string, options: HubRequest): Promise<HubAnswer>;
  close(): Promise<void>;
}

/** Until a connection is there, and then from each part of an answer to the next. */
const SILENCE_MS = 30_000;
const CONNECT_MS = 15_000;
const MOST_REDIRECTS = 5;
const CERTIFICATE_CODE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER/;

/**
 * @param silenceMs shorter only in tests
 * @throws PolysemeError `invalid` when the proxy's URL cannot be one
 */
export function makeHubClient(config: HubConfig, silenceMs = SILENCE_MS): HubClient {
  const agent = makeAgent(config);
  const origin = new URL(config.endpoint).origin;
  let token: Promise<string | undefined> | undefined;
  const findToken = (): Promise<string | undefined> => (token ??= readToken(config));

  async function askOnce(url: URL, { method = "GET", range, signal }: HubRequest): Promise<Dispatcher.ResponseData> {
    // Only the hub itself is told who asks: it sends us on to stores of other hosts.
    const known = url.origin === origin ? await findToken() : undefined;
    try {
      return await request(url, {
        dispatcher: agent,
        method,
        signal,
        headersTimeout: silenceMs,
        bodyTimeout: silenceMs,
        headers: {
          "user-agent": "polyseme",
          "accept-encoding": "identity",
          ...(known !== undefined && { authorization: `Bearer ${known}` }),
          ...(range !== undefined && { range }),
        },
      });
    } catch (error) {
      signal.throwIfAborted();
      throw faultOf(url, error);
    }
  }

  return {
    endpoint: config.endpoint,
    hasToken: async () => (await findToken()) !== undefined,
    async ask(path, options) {
      let url = new URL(`${config.endpoint}/${path}`);
      let hubHeaders: HubHeaders | undefined;
      for (let hops = 0; hops <= MOST_REDIRECTS; hops += 1) {
        const { statusCode, headers, body } = await askOnce(url, options);
        const flat = flattened(headers);
        hubHeaders ??= flat;
        const redirect = redirectOf(statusCode, flat, url);
        // Headers are the hub's to tell; a store's addresses are signed for getting, and answer nothing else.
        const next = options.method === "HEAD" && redirect?.origin !== origin ? undefined : redirect;
        if (next === undefined)
          return {
            status: statusCode,
            headers: flat,
            hubHeaders,
            isHubs: url.origin === origin,
            body: readBody(url, body, options.signal),
            discard: () => void body.on("error", () => undefined).destroy(),
          };
        body.on("error", () => undefined).destroy();
        if (url.protocol === "https:" && next.protocol !== "https:")
          throw unreachable(config, `${url.host} sends on to an address that is not encrypted`);
        url = next;
      }
      throw unreachable(config, `it sends on more than ${MOST_REDIRECTS} times`);
    },
    close: () => agent.destroy(),
  };
}

/** The error for a hub that cannot be asked. */
export function unreachable(
  { endpoint }: Pick<HubConfig, "endpoint">,
  problem: string,
  cause?: unknown,
): PolysemeError {
  return new PolysemeError(
    "model_unavailable",
    `The model hub ${endpoint} cannot be used: ${problem}. Set HTTPS_PROXY or HF_ENDPOINT where this machine needs a proxy or ` +
      "a mirror, or put the model's folder under POLYSEME_MODELS_DIR.",
    { details: { field: "model" }, cause },
  );
}

function makeAgent({ proxy }: HubConfig): EnvHttpProxyAgent {
  try {
    return new EnvHttpProxyAgent({
      // Empty, not left out: it would look for them itself.
      httpProxy: proxy.http ?? "",
      httpsProxy: proxy.https ?? "",
      noProxy: proxy.none ?? "",
      connect: { timeout: CONNECT_MS },
    });
  } catch (error) {
    // The URL itself may hold a password, so it is not repeated.
    throw new PolysemeError("invalid", `HTTP_PROXY or HTTPS_PROXY is no URL of a proxy, such as http://proxy:3128.`, {
      details: { field: "HTTPS_PROXY" },
      cause: error,
    });
  }
}

async function readToken({ token, tokenFile }: HubConfig): Promise<string | undefined> {
  if (token !== undefined || tokenFile === undefined) return token;
  const kept = (await readFile(tokenFile, "utf8").catch(() => "")).trim();
  return isToken(kept) ? kept : undefined;
}

function redirectOf(status: number, headers: HubHeaders, url: URL): URL | undefined {
  const location = headers["location"];
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  if (!URL.canParse(location, url.href)) throw new PassingFault(`${url.host} sends on to no address`);
  const next = new URL(location, url);
  if (next.protocol !== "https:" && next.protocol !== "http:")
    throw new PassingFault(`${url.host} sends on to an address of ${next.protocol}`);
  return next;
}

async function* readBody(
  url: URL,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* body;
  } catch (error) {
    signal.throwIfAborted();
    throw faultOf(url, error);
  }
}

/** All that goes wrong on the way passes, but for a certificate that nobody here trusts and a proxy that wants a password. */
function faultOf(url: URL, error: unknown): Error {
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const problem = `${url.host}: ${messageOf(error) || code}`;
  if (CERTIFICATE_CODE.test(code))
    return unreachable({ endpoint: url.origin }, `${problem}; NODE_EXTRA_CA_CERTS names further authorities`, error);
  if (problem.includes("407"))
    return unreachable({ endpoint: url.origin }, "the proxy wants a user and a password in its URL", error);
  return new PassingFault(problem, { cause: error });
}

function flattened(headers: Readonly<Record<string, string | string[] | undefined>>): HubHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), Array.isArray(value) ? value[0] : value]),
  );
}
