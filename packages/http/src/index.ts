// What these add to the types of fastify would be missing in the compiled declarations, which keep no other import of them.
import "@fastify/swagger";
import "./request-traces.ts";

export { requireTicket } from "./require-ticket.ts";
export { mayTouch, notYours, requireCollections, type Caller, type Rank } from "./access.ts";
export { errorBody, OpenAiErrorSchema, TeiErrorSchema } from "./error-dialects.ts";
export { buildApp, type App, type AppOptions, type UnbuiltRoute } from "./app.ts";
export { backendProbes } from "./backend-probes.ts";
export { requireLocalName } from "./credentials.ts";
export { makeKey } from "./key-material.ts";
export { KEY_LIFETIME_MS, type KeyRing } from "./key-ring.ts";
export { requestSignal } from "./request-signal.ts";
export type { Probe } from "./health-routes.ts";
export * from "./schemas.ts";
export { tooSlow } from "./slow-clients.ts";
export { serve, VERSION, type Service } from "./serve.ts";
export * from "./run-process.ts";
