import { timingSafeEqual } from "node:crypto";
import { PolysemeError } from "@polyseme/core";
import { LruMap } from "toad-cache";
import type { Caller } from "./access.ts";
import { addressGroup } from "./address-group.ts";
import { requireLocalName, type Credentials } from "./credentials.ts";
import { hashKey } from "./key-material.ts";
import type { KeyStore, StoredKey } from "./key-store.ts";
import { makeBuckets, type Rate } from "./token-bucket.ts";

/** Who is who, in one process. */
export interface KeyRing {
  /** Keys are set in the environment, so that nobody can be locked out by what is in the database. */
  readonly hasSettingsKeys: boolean;
  /** Nobody needs a key: on loopback, while none exists. */
  isOpen(): Promise<boolean>;
  /**
   * @throws PolysemeError `unauthorized`; `overloaded` when the key, or wrong keys from that address, come too often;
   * `unavailable` when Postgres must be asked and does not answer
   */
  identify(credentials: Credentials): Promise<Caller>;
  /** Call after a key was made or revoked here, so that it counts in this process at once. */
  forget(): void;
}

export interface KeyRingOptions {
  /** Admin keys over all collections. */
  readonly apiKeys: readonly string[];
  /** May read metrics and nothing else. */
  readonly metricsKey: string | undefined;
  /** Nobody on another machine can call. */
  readonly onLoopback: boolean;
  readonly store: KeyStore;
  readonly now: () => number;
}

/** What the database said of a key is believed for so long: a revoked one stops within it, in every process. */
export const KEY_LIFETIME_MS = 5_000;
/** Each some 300 bytes. Keys that are known and keys that are not lie apart, so that guesses push out no good one. */
const KNOWN_KEYS = 1_000;
const UNKNOWN_KEYS = 1_000;
const RATED_KEYS = 10_000;
const ADDRESSES = 10_000;
/** Wrong keys from one address. Guessing is hopeless at any rate; this bounds what guesses cost Postgres and the log. */
const WRONG_KEYS: Rate = { perSecond: 1, burst: 30 };

const EVERYBODY: Caller = { id: "everybody", rank: "admin", collections: undefined };

interface Known {
  readonly caller: Caller;
  readonly rate: Rate | undefined;
  readonly atMs: number;
}

export function makeKeyRing({ apiKeys, metricsKey, onLoopback, store, now }: KeyRingOptions): KeyRing {
  const settings = [
    ...apiKeys.map((key) => ({ hash: hashKey(key), caller: { ...EVERYBODY, id: "POLYSEME_API_KEYS" } })),
    ...(metricsKey === undefined ? [] : [{ hash: hashKey(metricsKey), caller: METRICS }]),
  ];
  const known = new LruMap<Known>(KNOWN_KEYS);
  const unknown = new LruMap<number>(UNKNOWN_KEYS);
  /** Look-ups under way, so that many requests with one key are one question. */
  const asking = new Map<string, Promise<StoredKey | undefined>>();
  const rates = makeBuckets(RATED_KEYS, now);
  const wrong = makeBuckets(ADDRESSES, now);
  let timesForgotten = 0;
  let noKeyAtMs: number | undefined;
  let keysExist = apiKeys.length > 0 || !onLoopback;

  /** Keys are never removed, only revoked: once there was one there always is. */
  async function isOpen(): Promise<boolean> {
    if (keysExist) return false;
    if (noKeyAtMs !== undefined && now() - noKeyAtMs < KEY_LIFETIME_MS) return true;
    try {
      keysExist = await store.anyKey();
      noKeyAtMs = now();
    } catch (error) {
      // One that has seen no key stays as it is while Postgres is away; one that has never asked cannot know.
      if (noKeyAtMs === undefined) throw error;
    }
    return !keysExist;
  }

  /** All are compared, in constant time each: neither which one matched nor how far can be timed. */
  function findInSettings(hash: Buffer): Caller | undefined {
    return settings.filter((one) => timingSafeEqual(one.hash, hash)).at(-1)?.caller;
  }

  /** By hash, so that what can be timed in a look-up tells nothing about a key. */
  async function findInStore(hash: Buffer, address: string): Promise<Known> {
    const name = hash.toString("base64");
    const before = known.get(name);
    if (before !== undefined && now() - before.atMs < KEY_LIFETIME_MS) return before;
    // Whoever has had a good key is not held up by what others behind the same address send.
    const isGuess = before === undefined && !asking.has(name);
    const from = addressGroup(address);
    const waitMs = isGuess ? wrong.take(from, WRONG_KEYS) : 0;
    if (waitMs > 0) throw tooOften("Too many wrong API keys came from this address.", waitMs);
    const age = timesForgotten;
    const atMs = now();
    const askedAtMs = unknown.get(name) ?? -Infinity;
    const found = atMs - askedAtMs < KEY_LIFETIME_MS ? undefined : await ask(name, hash, isGuess ? from : undefined);
    if (found?.revokedAt !== null || !timingSafeEqual(found.hash, hash)) {
      known.delete(name);
      if (atMs - askedAtMs >= KEY_LIFETIME_MS) unknown.set(name, atMs);
      throw new PolysemeError("unauthorized", "This API key is not known.");
    }
    if (isGuess) wrong.giveBack(from);
    const fresh = { caller: callerOf(found), rate: rateOf(found), atMs };
    // What was asked before a key was revoked here says nothing any more.
    if (age === timesForgotten) known.set(name, fresh);
    return fresh;
  }

  /** @param guesser whose token comes back when there was no answer, right or wrong */
  function ask(name: string, hash: Buffer, guesser: string | undefined): Promise<StoredKey | undefined> {
    const underWay = asking.get(name);
    if (underWay !== undefined) return underWay;
    const answer = store
      .findKey(hash)
      .catch((error: unknown) => {
        if (guesser !== undefined) wrong.giveBack(guesser);
        throw error;
      })
      .finally(() => {
        if (asking.get(name) === answer) asking.delete(name);
      });
    asking.set(name, answer);
    return answer;
  }

  return {
    hasSettingsKeys: apiKeys.length > 0,
    isOpen,
    async identify({ key, address, host }) {
      if (await isOpen()) {
        requireLocalName(host);
        return EVERYBODY;
      }
      if (key === undefined) throw new PolysemeError("unauthorized", "Send an API key: Authorization: Bearer <key>.");
      const hash = hashKey(key);
      const fromSettings = findInSettings(hash);
      if (fromSettings !== undefined) return fromSettings;
      const { caller, rate } = await findInStore(hash, address);
      const waitMs = rate === undefined ? 0 : rates.take(caller.id, rate);
      if (waitMs > 0) throw tooOften("This API key is used more often than its rate allows.", waitMs);
      return caller;
    },
    forget() {
      timesForgotten += 1;
      known.clear();
      unknown.clear();
      asking.clear();
      noKeyAtMs = undefined;
    },
  };
}

const METRICS: Caller = { id: "POLYSEME_METRICS_KEY", rank: "metrics", collections: undefined };

function callerOf({ id, role, collections }: StoredKey): Caller {
  return { id, rank: role, collections: collections === null ? undefined : new Set(collections) };
}

/** A second's worth at once, and one request at least. */
function rateOf({ ratePerSecond }: StoredKey): Rate | undefined {
  return ratePerSecond === null ? undefined : { perSecond: ratePerSecond, burst: Math.max(1, ratePerSecond) };
}

function tooOften(message: string, waitMs: number): PolysemeError {
  return new PolysemeError("overloaded", message, { details: { retryAfterSeconds: Math.ceil(waitMs / 1_000) } });
}
