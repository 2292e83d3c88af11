export { errorBody } from "./answer-error.ts";
export { buildApp, type App, type UnbuiltRoute } from "./app.ts";
export { backendProbes } from "./backend-probes.ts";
export { requestSignal } from "./request-signal.ts";
export type { Probe } from "./health-routes.ts";
export * from "./schemas.ts";
export { serve, type Service } from "./serve.ts";
export * from "./run-process.ts";
