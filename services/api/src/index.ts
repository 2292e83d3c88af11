export { makeApi, UNBUILT_ROUTES, type ApiOptions } from "./api.ts";
export { runApi } from "./run.ts";
