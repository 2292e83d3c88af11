export { makeApi, UNBUILT_ROUTES, type ApiOptions } from "./api.ts";
export type { ApiDocument } from "./reference/api-document.ts";
export {
  describeApi,
  type ApiDescription,
  type BodyDescription,
  type RouteDescription,
} from "./reference/describe-api.ts";
export type { FieldRow } from "./reference/schema-rows.ts";
export { runApi } from "./run.ts";
