export * from "./collection.ts";
export * from "./config.ts";
export * from "./document.ts";
export * from "./errors.ts";
export * from "./lifecycle.ts";
export * from "./log.ts";
export * from "./metrics.ts";
export * from "./run-main.ts";
