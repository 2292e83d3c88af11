export { type QueueBackend } from "./connection.ts";
export { HandBack, type Consumer, type ConsumerOptions, type JobAbout } from "./consumer.ts";
export * from "./payloads.ts";
export * from "./queues.ts";
export { shardPrefix } from "./shards.ts";
