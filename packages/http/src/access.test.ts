import { makeLog, makeMetrics } from "@polyseme/core";
import type { FastifyInstance } from "fastify";
import { afterEach, describe, expect, test } from "vitest";
import type { Caller, Rank } from "./access.ts";
import { requireCollections } from "./access.ts";
import { buildApp, type App } from "./app.ts";

const open: App[] = [];
afterEach(() => Promise.all(open.splice(0).map((app) => app.close())));

/** An app whose every caller is this one. */
function appFor(caller: Caller, routes: (app: FastifyInstance) => unknown): App {
  const app = buildApp({
    title: "access",
    version: "1.2.3",
    log: makeLog("silent", "test"),
    metrics: makeMetrics({ processMetrics: false }),
    keys: { identify: () => Promise.resolve(caller) },
    probes: [],
    stop: new AbortController().signal,
    unbuiltRoutes: [],
  });
  open.push(app);
  void app.register(async (inner) => {
    await Promise.resolve();
    routes(inner);
  });
  return app;
}

const caller = (rank: Rank, collections?: readonly string[]): Caller => ({
  id: "k_test",
  rank,
  collections: collections && new Set(collections),
});

const RANKS = ["metrics", "read", "write", "admin"] as const;

describe("a route", () => {
  test("that does not say who may call it keeps the process from starting", async () => {
    const app = appFor(caller("admin"), (inner) => inner.get("/v1/forgotten", () => "open to all"));
    await expect(app.ready()).rejects.toThrow(/GET \/v1\/forgotten does not say who may call it/);
  });

  test("made by a plugin of others takes what the plugin's place says", async () => {
    const app = appFor(caller("write"), (inner) => {
      inner.decorate("accessOfRoutes", { needs: "admin" });
      void inner.register((plugin, _options, done) => {
        plugin.get("/admin/page", () => "page");
        done();
      });
    });
    expect((await app.inject("/admin/page")).statusCode).toBe(403);
    expect((await app.inject("/healthz")).statusCode).toBe(200);
  });

  test.each(RANKS)("that needs %s serves whoever has that or more, HEAD as GET", async (needs) => {
    for (const rank of RANKS) {
      const app = appFor(caller(rank), (inner) => inner.get("/v1/thing", { config: { needs } }, () => "thing"));
      const wanted = RANKS.indexOf(rank) >= RANKS.indexOf(needs) ? 200 : 403;
      expect([rank, (await app.inject("/v1/thing")).statusCode]).toEqual([rank, wanted]);
      expect([rank, (await app.inject({ method: "HEAD", url: "/v1/thing" })).statusCode]).toEqual([rank, wanted]);
    }
  });
});

describe("a key that is tied to a collection", () => {
  const tied = caller("admin", ["mine"]);
  const routes = (inner: FastifyInstance): void => {
    inner.get("/v1/collections/:collection/thing", { config: { needs: "read" } }, ({ params }) => params);
    inner.get("/v1/everything", { config: { needs: "read" } }, () => "everything");
    inner.get("/v1/words", { config: { needs: "read", tiedKeys: "served" } }, () => "words");
  };

  test("is served there, and refused alike wherever else", async () => {
    const app = appFor(tied, routes);
    const ask = async (url: string) => {
      const { statusCode, body } = await app.inject(url);
      return { statusCode, body };
    };
    expect((await ask("/v1/collections/mine/thing")).statusCode).toBe(200);
    const refused = await ask("/v1/collections/theirs/thing");
    expect(refused.statusCode).toBe(403);
    for (const name of ["nobodys", "MINE", "mine%20", "%6dine2", "a".repeat(64)])
      expect(await ask(`/v1/collections/${name}/thing`)).toEqual(refused);
  });

  test("is refused where the path names no collection, unless the route says that it may be served", async () => {
    const app = appFor(tied, routes);
    expect((await app.inject("/v1/everything")).statusCode).toBe(403);
    expect((await app.inject("/metrics")).statusCode).toBe(403);
    expect((await app.inject("/v1/words")).statusCode).toBe(200);
    expect((await app.inject("/v1/nowhere")).statusCode).toBe(404);
  });

  test("may name its own collections in a body, and none beside them", () => {
    expect(() => {
      requireCollections(tied, ["mine"]);
      requireCollections(tied, []);
      requireCollections(caller("read"), ["theirs"]);
    }).not.toThrow();
    expect(() => {
      requireCollections(tied, ["mine", "theirs"]);
    }).toThrow(expect.objectContaining({ code: "forbidden" }) as Error);
  });
});

describe("a web page of another site", () => {
  const change = { method: "POST", url: "/v1/change", headers: { "sec-fetch-site": "cross-site" } } as const;
  const routes = (inner: FastifyInstance): void => {
    inner.post("/v1/change", { config: { needs: "write" } }, () => "changed");
  };

  test("changes nothing with what the browser adds by itself", async () => {
    const app = appFor(caller("admin"), routes);
    expect((await app.inject(change)).statusCode).toBe(403);
    const basic = { ...change.headers, authorization: "Basic eDp5" };
    expect((await app.inject({ ...change, headers: basic })).statusCode).toBe(403);
    expect((await app.inject({ ...change, headers: { "sec-fetch-site": "same-origin" } })).statusCode).toBe(200);
    expect((await app.inject({ ...change, headers: {} })).statusCode).toBe(200);
  });

  test("may with a key of its own", async () => {
    const app = appFor(caller("admin"), routes);
    const headers = { ...change.headers, authorization: "Bearer key" };
    expect((await app.inject({ ...change, headers })).statusCode).toBe(200);
  });
});

describe("what an answer tells browsers", () => {
  test("is to run, frame, guess and keep nothing, also of errors", async () => {
    const app = appFor(caller("admin"), () => undefined);
    for (const url of ["/healthz", "/v1/nowhere"])
      expect((await app.inject(url)).headers).toMatchObject({
        "content-security-policy": expect.stringContaining("default-src 'none'") as string,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
      });
  });

  test("is the route's own policy where it has one", async () => {
    const app = appFor(caller("admin"), (inner) =>
      inner.get("/page", { config: { needs: "nobody" } }, (_request, reply) =>
        reply.header("content-security-policy", "default-src 'self'").send("page"),
      ),
    );
    expect((await app.inject("/page")).headers["content-security-policy"]).toBe("default-src 'self'");
  });
});
