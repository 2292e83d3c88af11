import { createMcpHandler, localhostAllowedOrigins, validateOriginHeader } from "@modelcontextprotocol/server";
import type { Polyseme } from "@polyseme/client";
import { isLoopback, makeLog, makeMetrics, PolysemeError } from "@polyseme/core";
import { buildApp, requireLocalName, type App, type Caller } from "@polyseme/http";
import type { FastifyRequest } from "fastify";
import { makeMcpServer, type McpOptions } from "./mcp-server.ts";

export interface McpHttpOptions extends Omit<McpOptions, "client"> {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The polyseme server behind. */
  readonly url: string;
  /** A client of that server with this key, or without one. */
  readonly clientFor: (apiKey: string | undefined) => Polyseme;
  readonly signal: AbortSignal;
  /** Told the URL once it listens. */
  readonly onListening: (url: string) => void;
}

const ASK_MS = 10_000;
const KEY_OK = 200;
const KEY_REFUSED = 401;

/**
 * Serves MCP's streamable HTTP at `/mcp` until told to stop. Callers act with the key that they send and no other: none
 * of ours is lent to them.
 * @throws PolysemeError `invalid` when other machines could call a server that wants no key
 */
export async function serveMcpHttp(options: McpHttpOptions): Promise<void> {
  const { host, port, signal, onListening } = options;
  if (!isLoopback(host)) await refuseToBeOpen(options);
  const handler = createMcpHandler(
    ({ authInfo }) => makeMcpServer({ ...options, client: options.clientFor(authInfo?.token) }),
    { keepAliveMs: 15_000 },
  );
  const app = buildApp({
    title: "polyseme mcp",
    version: options.version,
    log: makeLog("error", "mcp"),
    metrics: makeMetrics({ processMetrics: false }),
    keys: { identify: ({ key, host: name }) => identify(options, key, name) },
    probes: [],
    stop: signal,
    unbuiltRoutes: [],
  });
  app.route({
    method: ["GET", "POST", "DELETE"],
    url: "/mcp",
    config: { needs: "read", tiedKeys: "served" },
    schema: { hide: true },
    async handler(request, reply) {
      refuseForeignOrigin(request, host);
      const key = keyOf(request);
      const gone = new AbortController();
      reply.raw.once("close", () => {
        gone.abort();
      });
      const authInfo = key === undefined ? {} : { authInfo: { token: key, clientId: "key", scopes: [] } };
      const parsedBody = request.method === "POST" ? { parsedBody: request.body } : {};
      return handler.fetch(toWebRequest(request, gone.signal), { ...authInfo, ...parsedBody });
    },
  });
  try {
    onListening(`${await app.listen({ host, port })}/mcp`);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
  } finally {
    await handler.close();
    await closeAtOnce(app);
  }
}

/** On loopback whoever has no key is let in to ask the server behind, which says what such a caller may. */
async function identify({ host, url }: McpHttpOptions, key: string | undefined, name: string): Promise<Caller> {
  if (isLoopback(host)) {
    requireLocalName(name);
    return { id: "local", rank: "read", collections: undefined };
  }
  if (key === undefined) throw new PolysemeError("unauthorized", "Send an API key: Authorization: Bearer <key>.");
  if ((await askWith(url, key)) === KEY_REFUSED) throw new PolysemeError("unauthorized", "This API key is not known.");
  return { id: "key", rank: "read", collections: undefined };
}

async function refuseToBeOpen({ host, url }: McpHttpOptions): Promise<void> {
  if ((await askWith(url, undefined)) !== KEY_OK) return;
  throw new PolysemeError(
    "invalid",
    `--host ${host} opens to other machines what ${url} gives to anybody, because it has no keys. Make a key (polyseme keys create), or leave --host out.`,
    { details: { field: "host" } },
  );
}

/** The status of a small read with this key. */
async function askWith(url: string, key: string | undefined): Promise<number> {
  const response = await fetch(`${url.replace(/\/+$/, "")}/v1/models`, {
    headers: key === undefined ? {} : { authorization: `Bearer ${key}` },
    signal: AbortSignal.timeout(ASK_MS),
  }).catch((error: unknown) => {
    throw new PolysemeError("unavailable", `${url} does not answer.`, { cause: error });
  });
  await response.body?.cancel();
  return response.status;
}

/** @throws PolysemeError `forbidden` for a page of another site, which a browser's user would lend what they may */
function refuseForeignOrigin(request: FastifyRequest, host: string): void {
  const own = isLoopback(host) ? localhostAllowedOrigins() : [request.hostname];
  if (validateOriginHeader(request.headers.origin, own).ok) return;
  throw new PolysemeError("forbidden", "A page of another site may not do this.");
}

function keyOf({ headers }: FastifyRequest): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1]?.trim();
}

function toWebRequest({ method, headers, url, host }: FastifyRequest, signal: AbortSignal): Request {
  const given = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value]],
  );
  return new Request(new URL(url, `http://${host}`), { method, headers: given, signal });
}

/** Streams that are open would hold it. */
async function closeAtOnce(app: App): Promise<void> {
  const closed = app.close();
  app.server.closeAllConnections();
  await closed;
}
