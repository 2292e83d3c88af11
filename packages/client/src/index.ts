export { PolysemeRequestError } from "./errors.ts";
export { Polyseme, type CallOptions, type PolysemeOptions } from "./polyseme.ts";
export type { PushOptions, PushProgress, PushResult } from "./push.ts";
export type { RequestPause } from "./requester.ts";
export type { RetryPolicy } from "./retry.ts";
export type { ExportedVectors, ExportOptions, ImportOptions, ImportProgress, ImportResult } from "./transfer.ts";
export type { Ticket, WaitOptions } from "./ticket.ts";
export type * from "./search-types.ts";
export type * from "./types.ts";
