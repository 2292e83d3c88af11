import { MAX_QUEUE_SHARDS } from "@polyseme/core";

/** Slots of a Redis Cluster, dealt out to its masters in long runs. */
const SLOTS = 16_384;
const SLOTS_A_SHARD = SLOTS / MAX_QUEUE_SHARDS;
const BITS = Math.log2(MAX_QUEUE_SHARDS);
/** One job at a time would leave the encoder waiting for the next one. */
const LEAST_JOBS_A_SHARD = 2;

/** The shard of a job, from 0: always the same for the same job and number of shards, so a job put back is the same one. */
export function shardOf(job: number, shards: number): number {
  return job % shards;
}

/** Jobs that one worker takes at once from each shard, so that all shards together give about `concurrency`. */
export function jobsAShard(concurrency: number, shards: number): number {
  return Math.max(LEAST_JOBS_A_SHARD, Math.ceil(concurrency / shards));
}

/**
 * The prefix of a shard's keys. Shard 0 keeps the one it is given; the others get a hash tag of their own, chosen so that
 * 2, 4, 8 … shards lie evenly over the slots of a Cluster. It does not depend on how many shards there are: after a
 * change of their number the shards that stay are found where they were.
 */
export function shardPrefix(prefix: string, shard: number): string {
  if (shard === 0) return prefix;
  const [, before, tag, after] = /^([^{]*\{)([^}]+)(\}.*)$/s.exec(prefix) ?? [];
  // Without a hash tag the keys of one queue would be spread, so this is no Cluster.
  if (before === undefined || tag === undefined || after === undefined) return `${prefix}-${shard}`;
  const wanted = (partOf(tag) + reversedBits(shard)) % MAX_QUEUE_SHARDS;
  // Every sixty-fourth tag or so falls into the wanted part.
  for (let attempt = 0; ; attempt += 1) {
    const own = `${tag}-${shard}.${attempt}`;
    if (partOf(own) === wanted) return before + own + after;
  }
}

/** The slot of a key that is its own hash tag, as Redis Cluster counts it: CRC16 (XMODEM) of its bytes. */
export function slotOf(tag: string): number {
  let crc = 0;
  for (const byte of new TextEncoder().encode(tag)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = ((crc << 1) ^ ((crc & 0x8000) === 0 ? 0 : 0x1021)) & 0xffff;
  }
  return crc % SLOTS;
}

function partOf(tag: string): number {
  return Math.floor(slotOf(tag) / SLOTS_A_SHARD);
}

/** 1, 2, 3 … become a half, a quarter, three quarters … of the whole: the first few of them are far apart. */
function reversedBits(shard: number): number {
  let reversed = 0;
  for (let bit = 0; bit < BITS; bit += 1) if ((shard & (1 << bit)) !== 0) reversed |= 1 << (BITS - 1 - bit);
  return reversed;
}
