export { type QueueBackend } from "./connection.ts";
export { HandBack, type Consumer, type ConsumerOptions, type JobAbout } from "./consumer.ts";
export { type Arrival } from "./fair-order.ts";
export * from "./payloads.ts";
export * from "./queues.ts";
export { shardPrefix } from "./shards.ts";
