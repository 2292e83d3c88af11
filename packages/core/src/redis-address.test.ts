import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PolysemeError } from "./errors.ts";
import { parseRedisUrl } from "./redis-address.ts";

function refusal(text: string): PolysemeError {
  try {
    parseRedisUrl(text);
  } catch (error) {
    if (error instanceof PolysemeError) return error;
    throw error;
  }
  throw new Error(`It was accepted: ${text}`);
}

const host = fc.stringMatching(/^[a-z][a-z0-9-]{0,12}(\.[a-z]{2,5})?$/);
const endpoint = fc.record({ host, port: fc.integer({ min: 1, max: 65_535 }) });
const endpoints = fc.uniqueArray(endpoint, {
  minLength: 2,
  maxLength: 6,
  selector: (one) => `${one.host} ${one.port}`,
});
/** Any text at all, as long as there is some. */
const secret = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" });
const login = fc.record({ username: secret, password: secret });
const encode = ({ username, password }: { username: string; password: string }): string =>
  `${encodeURIComponent(username)}:${encodeURIComponent(password)}@`;

describe("one redis:// URL", () => {
  test("is that Redis, as it stands", () => {
    for (const url of ["redis://a", "redis://:p%2Cw@a:1/3?family=6", "rediss://[::1]:6380"])
      expect(parseRedisUrl(url)).toEqual({ kind: "single", url });
  });
});

describe("redis:// URLs with commas", () => {
  test("are nodes of one Cluster, with the login that any of them gives", () => {
    fc.assert(
      fc.property(endpoints, login, fc.boolean(), fc.nat(), (nodes, given, tls, chosen) => {
        const text = nodes
          .map((node, index) => {
            const who = index === chosen % nodes.length ? encode(given) : "";
            return `${tls ? "rediss" : "redis"}://${who}${node.host}:${node.port}`;
          })
          .join(", ");
        expect(parseRedisUrl(text)).toEqual({ kind: "cluster", nodes, login: given, tls });
      }),
    );
  });

  test("may name a node twice, leave the port out and be an IPv6 address", () => {
    expect(parseRedisUrl("redis://a,redis://a:6379,redis://[::1]:7000/0")).toEqual({
      kind: "cluster",
      nodes: [
        { host: "a", port: 6_379 },
        { host: "::1", port: 7_000 },
      ],
      login: {},
      tls: false,
    });
  });

  test.each([
    ["redis://a,", "Node 2"],
    ["redis://a,b:1", "Node 2"],
    ["redis://a,http://b", "Node 2"],
    ["redis://a,redis://b/2", "no database but 0"],
    ["redis://a,redis://b?family=6", "no options"],
    ["redis://a,rediss://b", "redis:// and rediss://"],
    ["redis://:hunter2@a,redis://:hunter3@b", "two passwords"],
    ["redis://x:hunter2@a,redis://y:hunter2@b", "two users"],
    ["redis://:hunter2%@a,redis://b", "%25"],
  ])("that make no sense are refused: %s", (text, why) => {
    const error = refusal(text);
    expect(error).toMatchObject({ code: "invalid", details: { field: "REDIS_URL" } });
    expect(error.message).toContain("REDIS_URL");
    expect(error.message).toContain(why);
    expect(error.message).not.toContain("hunter");
  });
});

describe("a sentinel:// URL", () => {
  test("names the sentinels, the master, its login and database", () => {
    fc.assert(
      fc.property(
        endpoints,
        login,
        login,
        fc.integer({ min: 0, max: 15 }),
        fc.boolean(),
        (sentinels, given, own, db, tls) => {
          const hosts = sentinels.map(({ host: name, port }) => `${name}:${port}`).join(",");
          const query = new URLSearchParams({
            db: `${db}`,
            tls: `${tls}`,
            sentinelUsername: own.username,
            sentinelPassword: own.password,
          });
          expect(parseRedisUrl(`sentinel://${encode(given)}${hosts}/my-master.1?${query.toString()}`)).toEqual({
            kind: "sentinel",
            sentinels,
            sentinelLogin: own,
            name: "my-master.1",
            login: given,
            db,
            tls,
          });
        },
      ),
    );
  });

  test("may repeat all of it for each sentinel, or leave out what is usual", () => {
    const short = parseRedisUrl("sentinel://a,b,c:7000/main");
    expect(short).toEqual({
      kind: "sentinel",
      sentinels: [
        { host: "a", port: 26_379 },
        { host: "b", port: 26_379 },
        { host: "c", port: 7_000 },
      ],
      sentinelLogin: {},
      name: "main",
      login: {},
      db: 0,
      tls: false,
    });
    expect(parseRedisUrl("sentinel://a/main,sentinel://b:26379/main,sentinel://c:7000/main?db=0")).toEqual(short);
  });

  test.each([
    ["sentinel://a,b", "name"],
    ["sentinel://a,b/", "name"],
    ["sentinel://a/ma/in", "name"],
    ["sentinel://a/one,b/two", "two names"],
    ["sentinel://a/m,redis://:hunter2@b", "REDIS_URL"],
    ["sentinel://a,,b/m", "Host 2"],
    ["sentinel:///m", "Host 1"],
    ["sentinel://a/m?db=x", "db"],
    ["sentinel://a/m?db=1&db=2", "two values of db"],
    ["sentinel://a/m?tls=yes", "tls"],
    ["sentinel://a/m?password=hunter2", "sentinelPassword"],
    ["sentinel://:hunter2@a,:hunter3@b/m", "two passwords"],
  ])("that makes no sense is refused: %s", (text, why) => {
    const error = refusal(text);
    expect(error).toMatchObject({ code: "invalid", details: { field: "REDIS_URL" } });
    expect(error.message).toContain(why);
    expect(error.message).not.toContain("hunter");
  });
});

test("nothing but a PolysemeError is ever thrown, and it never repeats the password", () => {
  const noise = fc.array(fc.constantFrom("redis://", "sentinel://", ",", ":", "@", "/", "%", "[", "?", "a", "s3cret"), {
    maxLength: 10,
  });
  fc.assert(
    fc.property(noise, (parts) => {
      try {
        parseRedisUrl(parts.join(""));
      } catch (error) {
        expect(error).toBeInstanceOf(PolysemeError);
        expect((error as PolysemeError).message).not.toContain("s3cret");
      }
    }),
    { numRuns: 2_000 },
  );
});
