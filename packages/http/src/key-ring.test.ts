import { PolysemeError } from "@polyseme/core";
import { describe, expect, test } from "vitest";
import { makeKey } from "./key-material.ts";
import { KEY_LIFETIME_MS, makeKeyRing, type KeyRingOptions } from "./key-ring.ts";
import type { StoredKey } from "./key-store.ts";

/** A store that counts what it is asked, and a clock that stands until it is moved. */
function ringWith(options: Partial<KeyRingOptions> = {}) {
  const keys = new Map<string, StoredKey>();
  const state = { nowMs: 0, asked: 0, anyAsked: 0, away: false };
  const answer = <T>(value: T): Promise<T> =>
    state.away ? Promise.reject(new PolysemeError("unavailable", "Postgres is away")) : Promise.resolve(value);
  const ring = makeKeyRing({
    apiKeys: [],
    metricsKey: undefined,
    onLoopback: true,
    store: {
      findKey: (hash) => {
        state.asked += 1;
        return answer(keys.get(hash.toString("hex")));
      },
      anyKey: () => {
        state.anyAsked += 1;
        return answer(keys.size > 0);
      },
    },
    now: () => state.nowMs,
    ...options,
  });
  return {
    ring,
    state,
    add: (fields: Partial<StoredKey> = {}): { secret: string; revoke: () => void } => {
      const { id, secret, hash } = makeKey();
      const plain = { id, name: "n", role: "read", collections: null, ratePerSecond: null } as const;
      const key = { ...plain, createdAt: new Date(), lastUsedAt: null, revokedAt: null, hash, ...fields };
      keys.set(hash.toString("hex"), key);
      return { secret, revoke: () => keys.set(hash.toString("hex"), { ...key, revokedAt: new Date() }) };
    },
    identify: (key: string | undefined, from: { address?: string; host?: string } = {}) =>
      ring.identify({ key, address: from.address ?? "10.0.0.1", host: from.host ?? "127.0.0.1" }),
    code: (key: string | undefined, from: { address?: string; host?: string } = {}) =>
      ring.identify({ key, address: from.address ?? "10.0.0.1", host: from.host ?? "127.0.0.1" }).then(
        ({ rank }) => rank,
        (error: unknown) => (error as PolysemeError).code,
      ),
  };
}

describe("keys of the settings", () => {
  const settings = { apiKeys: ["first-key", "second-key"], metricsKey: "scrape" };

  test("are admins over all, and the metrics key reads metrics alone", async () => {
    const { identify } = ringWith(settings);
    for (const key of settings.apiKeys)
      expect(await identify(key)).toMatchObject({ rank: "admin", collections: undefined });
    expect(await identify("scrape")).toMatchObject({ rank: "metrics" });
  });

  test("let nobody else in", async () => {
    const { code } = ringWith(settings);
    for (const bad of [undefined, "", "first-ke", "first-key2", "FIRST-KEY", "first-key,second-key", "scrape "])
      expect([bad, await code(bad)]).toEqual([bad, "unauthorized"]);
  });

  test("work while Postgres is away; what must be asked for is unavailable then, not refused and not let in", async () => {
    const { state, code } = ringWith(settings);
    state.away = true;
    expect(await code("first-key")).toBe("admin");
    // Also the hundredth time: nobody knows whether it was a wrong key.
    for (let i = 0; i < 100; i += 1) expect(await code("psk_of-the-database")).toBe("unavailable");
  });

  test("a missing key is told from a wrong one, and neither is repeated", async () => {
    const { identify } = ringWith(settings);
    const refusal = (key: string | undefined) =>
      identify(key).catch((error: unknown) => (error as PolysemeError).message);
    expect(await refusal(undefined)).toContain("Authorization: Bearer");
    expect(await refusal("guess")).not.toMatch(/guess|first-key|Authorization/);
  });
});

describe("keys of the database", () => {
  test("have their role and collections", async () => {
    const { add, identify } = ringWith();
    const { secret } = add({ id: "k_1", role: "write", collections: ["mine"] });
    expect(await identify(secret)).toEqual({ id: "k_1", rank: "write", collections: new Set(["mine"]) });
  });

  test("are asked for once in their lifetime, however many requests come at once", async () => {
    const { add, identify, state } = ringWith();
    const { secret } = add();
    await Promise.all(Array.from({ length: 100 }, () => identify(secret)));
    state.nowMs += KEY_LIFETIME_MS - 1;
    await identify(secret);
    expect(state.asked).toBe(1);
    state.nowMs += 1;
    await identify(secret);
    expect(state.asked).toBe(2);
  });

  test("that are revoked stop within that lifetime, and at once where it was done", async () => {
    const { add, code, ring, state } = ringWith();
    const [elsewhere, here] = [add(), add()];
    expect([await code(elsewhere.secret), await code(here.secret)]).toEqual(["read", "read"]);
    elsewhere.revoke();
    expect(await code(elsewhere.secret)).toBe("read");
    state.nowMs += KEY_LIFETIME_MS;
    expect(await code(elsewhere.secret)).toBe("unauthorized");
    here.revoke();
    ring.forget();
    expect(await code(here.secret)).toBe("unauthorized");
  });

  test("that are revoked while they are looked up are not remembered", async () => {
    const { add, code, ring, state } = ringWith();
    const { secret, revoke } = add();
    const early = code(secret);
    while (state.asked === 0) await Promise.resolve();
    revoke();
    ring.forget();
    await early;
    expect([await code(secret), state.asked]).toEqual(["unauthorized", 2]);
  });

  test("that were known are unavailable once they must be asked for again while Postgres is away", async () => {
    const { add, code, state } = ringWith();
    const { secret } = add();
    expect(await code(secret)).toBe("read");
    state.away = true;
    expect(await code(secret)).toBe("read");
    state.nowMs += KEY_LIFETIME_MS;
    expect(await code(secret)).toBe("unavailable");
    state.away = false;
    expect(await code(secret)).toBe("read");
  });

  test("with a rate are held to it, and told when to come back", async () => {
    const { add, identify, code, state } = ringWith();
    const { secret } = add({ ratePerSecond: 0.25 });
    expect(await code(secret)).toBe("read");
    const refused = await identify(secret).catch((error: unknown) => error as PolysemeError);
    expect(refused).toMatchObject({ code: "overloaded", details: { retryAfterSeconds: 4 } });
    state.nowMs += 3_999;
    expect(await code(secret)).toBe("overloaded");
    state.nowMs += 1;
    expect(await code(secret)).toBe("read");
    expect(await code(add({ id: "k_other" }).secret)).toBe("read");
  });
});

describe("wrong keys", () => {
  test("from one address are refused without asking, once there were too many; others are not held up", async () => {
    const { add, code, state } = ringWith({ apiKeys: ["good"] });
    const known = add();
    expect(await code(known.secret)).toBe("read");
    const codes = new Set<string>();
    for (let i = 0; i < 200; i += 1) codes.add(await code(`psk_guess-${i}`));
    expect([...codes]).toEqual(["unauthorized", "overloaded"]);
    expect(state.asked).toBeLessThan(40);
    expect(await code("good")).toBe("admin");
    state.nowMs += KEY_LIFETIME_MS / 5;
    expect(await code(known.secret)).toBe("read");
    expect(await code("psk_guess", { address: "10.0.0.2" })).toBe("unauthorized");
  });

  test("from one network of IPv6 count as from one address", async () => {
    const { code } = ringWith({ apiKeys: ["good"] });
    const codes = new Set<string>();
    for (let i = 0; i < 100; i += 1) codes.add(await code(`psk_${i}`, { address: `2001:db8::${i.toString(16)}` }));
    expect(codes.has("overloaded")).toBe(true);
    expect(await code("psk_x", { address: "2001:db8:0:1::1" })).toBe("unauthorized");
  });

  test("are asked for once in a lifetime, and bounded in number", async () => {
    const { code, state } = ringWith({ apiKeys: ["good"] });
    for (let i = 0; i < 10; i += 1) await code("psk_same");
    expect(state.asked).toBe(1);
    for (let i = 0; i < 3_000; i += 1) await code(`psk_${i}`, { address: `10.1.${i >> 8}.${i & 255}` });
    expect(await code("psk_same", { address: "10.0.0.9" })).toBe("unauthorized");
    // It was pushed out by the others: what is remembered of wrong keys has a bound.
    expect(state.asked).toBe(3_002);
  });
});

describe("without any key", () => {
  test("everybody on this machine is admin, under a local name only", async () => {
    const { code } = ringWith();
    for (const host of ["localhost", "127.0.0.1", "127.1.2.3", "[::1]", "LOCALHOST"])
      expect([host, await code(undefined, { host })]).toEqual([host, "admin"]);
    for (const host of ["evil.example", "localhost.evil.example", "10.0.0.1", ""])
      expect([host, await code(undefined, { host })]).toEqual([host, "forbidden"]);
    expect(await code("any")).toBe("admin");
  });

  test("other machines are never let in", async () => {
    expect(await ringWith({ onLoopback: false }).code(undefined)).toBe("unauthorized");
  });

  test("the first key closes it: at once here, within a lifetime elsewhere, and for good", async () => {
    const { add, code, ring, state } = ringWith();
    expect(await code(undefined)).toBe("admin");
    const { secret, revoke } = add();
    expect(await code(undefined)).toBe("admin");
    state.nowMs += KEY_LIFETIME_MS;
    expect([await code(undefined), await code(secret)]).toEqual(["unauthorized", "read"]);
    revoke();
    ring.forget();
    expect(await code(undefined)).toBe("unauthorized");
    expect(await ring.isOpen()).toBe(false);
  });

  test("it stays as it is while Postgres is away, and is unavailable where that was never known", async () => {
    const { code, state } = ringWith();
    state.away = true;
    expect(await code(undefined)).toBe("unavailable");
    state.away = false;
    expect(await code(undefined)).toBe("admin");
    state.away = true;
    state.nowMs += KEY_LIFETIME_MS * 10;
    expect(await code(undefined)).toBe("admin");
  });
});
