export { openTracing, type TracingAbout } from "./open-tracing.ts";
