import swagger from "@fastify/swagger";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { NO_TRACING, PolysemeError, type Log, type Metrics, type Tracing } from "@polyseme/core";
import fastify, { LogController, type FastifyPluginCallback, type FastifyRequest, type FastifySchema } from "fastify";
import { authorise, NOBODY, requireNeeds, type Rank } from "./access.ts";
import { answerError } from "./answer-error.ts";
import { requestTraces } from "./request-traces.ts";
import { HEADERS_MS, makeSlowClients, REQUEST_MS, SILENT_MS } from "./slow-clients.ts";
import { readCredentials, refuseForeignPages } from "./credentials.ts";
import { healthRoutes, type Probe } from "./health-routes.ts";
import type { KeyRing } from "./key-ring.ts";
import { refuseEncodedBody } from "./protocol-errors.ts";
import { ErrorSchema } from "./schemas.ts";
import { makeCrossOrigin } from "./cross-origin.ts";
import { addSecurityHeaders } from "./security-headers.ts";

export interface AppOptions {
  readonly title: string;
  readonly version: string;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Undefined: no traces. */
  readonly tracing?: Tracing | undefined;
  readonly keys: Pick<KeyRing, "identify">;
  readonly probes: readonly Probe[];
  /** Brings gauges up to date before the metrics are read. */
  readonly refreshMetrics?: (() => Promise<void>) | undefined;
  /** Aborted when the process stops. */
  readonly stop: AbortSignal;
  /** Routes that another process, or a later version, answers. */
  readonly unbuiltRoutes: readonly UnbuiltRoute[];
  /** Web origins whose pages may call; none when left out. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** How long headers and a whole ordinary request may take to arrive; for tests. */
  readonly patience?: { readonly headersMs: number; readonly requestMs: number };
}

export interface UnbuiltRoute {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly url: string;
  readonly needs: Rank;
  readonly what: string;
}

export type App = ReturnType<typeof buildApp>;

/** JSON bodies of ordinary requests; a push states its own bound. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

const CHECK_CONNECTIONS_MS = 1_000;

/** An address may have as many characters as the headers. */
const SHOWN_PATH_CHARACTERS = 300;

/** The HTTP face of a process, not yet listening. Call `register` with the services' routes. */
export function buildApp(options: AppOptions) {
  const { headersMs, requestMs } = options.patience ?? { headersMs: HEADERS_MS, requestMs: REQUEST_MS };
  const slowClients = makeSlowClients();
  const app = fastify({
    loggerInstance: options.log,
    // Requests are counted in /metrics; a line each would drown what matters.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: requestMs,
    connectionTimeout: SILENT_MS,
    http: { headersTimeout: headersMs, connectionsCheckingInterval: CHECK_CONNECTIONS_MS },
    clientErrorHandler: (error, socket) => {
      slowClients.refuse(error, socket);
    },
    // A path that cannot be read leads to no route, so no hook sees it.
    frameworkErrors: (error, request, reply) => {
      addSecurityHeaders(reply);
      void answerError(error, request, reply);
    },
    routerOptions: { maxParamLength: 2_048 },
    // Stopping finishes requests in flight; idle kept-alive connections are closed at once.
    forceCloseConnections: "idle",
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: false } },
  }).withTypeProvider<TypeBoxTypeProvider>();

  app.setErrorHandler((error, request, reply) => answerError(error, request, reply));
  app.setNotFoundHandler((request) => {
    throw new PolysemeError(
      "not_found",
      `There is no ${request.method} ${(request.url.split("?")[0] ?? "").slice(0, SHOWN_PATH_CHARACTERS)} here. See /openapi.json.`,
    );
  });
  app.addHook("onRoute", requireNeeds);
  app.decorateRequest("caller");
  const crossOrigin = makeCrossOrigin(options.corsOrigins ?? []);
  // First: a browser asks before a call, without the key.
  app.addHook("onRequest", (request, reply, done) => {
    if (!crossOrigin.answer(request, reply)) done();
  });
  app.addHook("onRequest", async (request, reply) => {
    const { needs, browser } = request.routeOptions.config;
    request.caller = NOBODY;
    if (needs === "nobody") return;
    try {
      if (!crossOrigin.isListed(request)) refuseForeignPages(request);
      request.caller = await options.keys.identify(readCredentials(request));
    } catch (error) {
      if (error instanceof PolysemeError && error.code === "unauthorized")
        void reply.header("www-authenticate", browser === true ? 'Basic realm="polyseme"' : "Bearer");
      throw error;
    }
    authorise(request.caller, request);
    slowClients.noteStream(request, reply);
  });
  const traces = requestTraces(options.tracing ?? NO_TRACING);
  app.decorateRequest("traceparent", undefined);
  app.addHook("onRequest", traces.onRequest);
  app.addHook("onError", traces.onError);
  app.addHook("onResponse", traces.onResponse);
  app.addHook("onRequest", (request, _reply, done) => {
    refuseEncodedBody(request);
    done();
  });
  app.addHook("onSend", (_request, reply, _payload, done) => {
    addSecurityHeaders(reply);
    done();
  });
  app.addHook("onSend", (request, reply, _payload, done) => {
    // A kept-alive connection that becomes idle only after the stop began would hold the server open. One that still
    // sends its body is left open for now: closed at once, it would lose the answer on its way.
    if (options.stop.aborted && !isStillSending(request)) void reply.header("connection", "close");
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    options.metrics.requestSeconds.observe(
      { route: request.routeOptions.url ?? "unknown", method: request.method, status: String(reply.statusCode) },
      reply.elapsedTime / 1_000,
    );
    done();
  });
  void app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: { title: options.title, version: options.version, description: "Push documents, search them by meaning." },
      components: { securitySchemes: { key: { type: "http", scheme: "bearer" } } },
      security: [{ key: [] }],
    },
    transform: ({ schema, url, route }) => ({ schema: describeAccess(schema, route.config?.needs), url }),
  });
  void app.register(healthRoutes, {
    probes: options.probes,
    metrics: options.metrics,
    refreshMetrics: options.refreshMetrics,
  });
  void app.register(unbuiltRoutes(options.unbuiltRoutes));
  return app;
}

/**
 * Whom a route is for, in the description: tools that make clients read `security`, tests and people `x-needs`. Where a
 * key is asked for, it may be refused, whatever else the route answers.
 */
function describeAccess(schema: FastifySchema | undefined, needs: Rank = "admin"): FastifySchema {
  const described = { ...schema, "x-needs": needs };
  if (needs === "nobody") return { ...described, security: [] };
  return {
    ...described,
    response: { "4xx": ErrorSchema, "5xx": ErrorSchema, ...(schema?.response as object | undefined) },
  };
}

function isStillSending({ raw, headers }: FastifyRequest): boolean {
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  return hasBody && !raw.complete;
}

function unbuiltRoutes(routes: readonly UnbuiltRoute[]): FastifyPluginCallback {
  return (app, _options, done) => {
    for (const { method, url, needs, what } of routes)
      app.route({
        method,
        url,
        config: { needs },
        schema: { hide: true },
        handler: () => {
          throw new PolysemeError("not_implemented", `${what} is not built yet.`);
        },
      });
    done();
  };
}
