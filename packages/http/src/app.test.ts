import { makeLog, makeMetrics, PolysemeError } from "@polyseme/core";
import { Type } from "typebox";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { ErrorBody } from "./error-dialects.ts";
import { buildApp, type App, type AppOptions } from "./app.ts";
import { makeKeyRing } from "./key-ring.ts";

/** Keys of the settings alone: no database is asked. */
function ringOf(apiKeys: readonly string[]) {
  const store = { findKey: () => Promise.resolve(undefined), anyKey: () => Promise.resolve(false) };
  return makeKeyRing({ apiKeys, metricsKey: undefined, onLoopback: true, store, now: () => performance.now() });
}

const open: App[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(open.splice(0).map((app) => app.close()));
});

const Body = Type.Object(
  {
    text: Type.String({ minLength: 1 }),
    chunking: Type.Optional(Type.Object({ maxTokens: Type.Integer() }, { additionalProperties: false })),
  },
  { additionalProperties: false },
);

/** An app with one route that takes a body and some that fail. */
function appWith(options: Partial<AppOptions> = {}) {
  const metrics = makeMetrics({ processMetrics: false });
  const app = buildApp({
    title: "polyseme test",
    version: "1.2.3",
    log: makeLog("silent", "test"),
    metrics,
    keys: ringOf([]),
    probes: [],
    stop: new AbortController().signal,
    unbuiltRoutes: [],
    ...options,
  });
  open.push(app);
  void app.register((inner, _options, done) => {
    const config = { needs: "read" } as const;
    inner.post(
      "/v1/echo",
      { config, bodyLimit: 1_000, schema: { summary: "Echo", body: Body } },
      (request) => request.body,
    );
    inner.get(
      "/v1/echo/:id",
      { config, schema: { params: Type.Object({ id: Type.String() }) } },
      (request) => request.params,
    );
    inner.get(
      "/v1/limited",
      { config, schema: { querystring: Type.Object({ limit: Type.Optional(Type.Integer()) }) } },
      () => 1,
    );
    inner.get("/v1/full", { config }, () => {
      throw new PolysemeError("overloaded", "Full.", { details: { retryAfterSeconds: 10 } });
    });
    inner.get("/v1/away", { config }, () => {
      throw new PolysemeError("unavailable", "Postgres is not available: gone");
    });
    inner.get("/v1/broken", { config }, () => {
      throw new Error("password s3cret");
    });
    done();
  });
  return { app, metrics };
}

async function post(payload: string, contentType = "application/json") {
  const { app } = appWith();
  const response = await app.inject({
    method: "POST",
    url: "/v1/echo",
    payload,
    headers: { "content-type": contentType },
  });
  return { status: response.statusCode, error: response.json<ErrorBody>().error };
}

describe("a request that nobody answers", () => {
  test("is not_found with what was asked for, without the query", async () => {
    const { app } = appWith();
    const response = await app.inject("/v1/nowhere?key=s3cret");
    expect(response.statusCode).toBe(404);
    expect(response.json()).toEqual({
      error: { code: "not_found", message: "There is no GET /v1/nowhere here. See /openapi.json." },
    });
  });

  test("is not_found too when only the method is wrong", async () => {
    const { app } = appWith();
    const response = await app.inject({ method: "DELETE", url: "/v1/echo" });
    expect(response.statusCode).toBe(404);
    expect(response.json<ErrorBody>().error.message).toContain("DELETE /v1/echo");
  });
});

test("a path that cannot be read, or has a part without end, is invalid and not repeated", async () => {
  const { app } = appWith();
  for (const url of ["/v1/echo/%ZZ", `/v1/echo/${"a".repeat(3_000)}`]) {
    const { statusCode, body, headers } = await app.inject(url);
    expect([statusCode, JSON.parse(body)]).toMatchObject([
      400,
      { error: { code: "invalid", details: { field: "path" } } },
    ]);
    expect(body).not.toMatch(/ZZ|aaaa/);
    expect(headers["x-content-type-options"]).toBe("nosniff");
  }
});

describe("a body that cannot be taken", () => {
  test("is invalid when it is not JSON", async () => {
    for (const bad of ['{"text":', "text", "{'text':1}", ""]) {
      const { status, error } = await post(bad);
      expect([status, error.code, error.details]).toEqual([400, "invalid", { field: "body" }]);
    }
  });

  test("is too_large when it is above the route's bound", async () => {
    const { status, error } = await post(JSON.stringify({ text: "x".repeat(1_000) }));
    expect([status, error.code, error.details]).toEqual([413, "too_large", { field: "body" }]);
  });

  test("is unsupported_media_type when it is neither JSON nor said to be", async () => {
    for (const contentType of ["text/csv", "application/xml", "application/x-ndjson", "nonsense"]) {
      const { status, error } = await post("a", contentType);
      expect([status, error.code, error.details]).toEqual([415, "unsupported_media_type", { field: "content-type" }]);
    }
  });

  const invalid: readonly [what: string, body: unknown, field: string][] = [
    ["a missing field", {}, "text"],
    ["a field of the wrong type, which is not converted", { text: 7 }, "text"],
    ["a field that is out of bounds", { text: "" }, "text"],
    ["a field that nobody knows, which is not dropped", { text: "a", colour: "red" }, "colour"],
    ["a missing inner field", { text: "a", chunking: {} }, "chunking.maxTokens"],
    ["an inner field of the wrong type", { text: "a", chunking: { maxTokens: "8" } }, "chunking.maxTokens"],
    ["an inner field that nobody knows", { text: "a", chunking: { maxTokens: 8, size: 1 } }, "chunking.size"],
    ["a body that is a list", [], "body"],
    ["a body that is null", null, "body"],
  ];

  test.each(invalid)("is invalid with the name of the field: %s", async (_what, body, field) => {
    const { status, error } = await post(JSON.stringify(body));
    expect([status, error.code, error.details]).toEqual([400, "invalid", { field }]);
    expect(error.message.startsWith(`${field} `)).toBe(true);
  });

  test("is taken as it is when all is well", async () => {
    const { app } = appWith();
    const payload = { text: "a", chunking: { maxTokens: 8 } };
    const response = await app.inject({ method: "POST", url: "/v1/echo", payload });
    expect([response.statusCode, response.json()]).toEqual([200, payload]);
  });
});

describe("a failing route", () => {
  test("that is overloaded or unavailable says when to come back", async () => {
    const { app } = appWith();
    const [full, away] = [await app.inject("/v1/full"), await app.inject("/v1/away")];
    expect([full.statusCode, full.headers["retry-after"]]).toEqual([429, "10"]);
    expect([away.statusCode, away.headers["retry-after"]]).toEqual([503, "1"]);
  });

  test("does not tell what failed inside", async () => {
    const { app } = appWith();
    const response = await app.inject("/v1/broken");
    expect(response.statusCode).toBe(500);
    expect(response.json<ErrorBody>().error.code).toBe("internal");
    expect(response.body).not.toContain("s3cret");
  });

  test("that is not built yet is not_implemented and not part of the description", async () => {
    const { app } = appWith({
      unbuiltRoutes: [{ method: "POST", url: "/v1/rerank", needs: "read", what: "Reranking" }],
    });
    const response = await app.inject({ method: "POST", url: "/v1/rerank", payload: {} });
    expect(response.statusCode).toBe(501);
    expect(response.json()).toEqual({ error: { code: "not_implemented", message: "Reranking is not built yet." } });
    expect((await app.inject("/openapi.json")).body).not.toContain("rerank");
  });
});

describe("an app with keys", () => {
  const keys = ringOf(["good"]);

  test("answers with a key and is unauthorized without, also where there is nothing", async () => {
    const { app } = appWith({ keys });
    const headers = { authorization: "Bearer good" };
    for (const [url, status] of [
      ["/v1/echo/a", 200],
      ["/openapi.json", 200],
      ["/v1/nowhere", 404],
    ] as const) {
      expect((await app.inject({ url, headers })).statusCode).toBe(status);
      const refused = await app.inject(url);
      expect([refused.statusCode, refused.json<ErrorBody>().error.code]).toEqual([401, "unauthorized"]);
    }
  });

  test("refuses before it reads the body", async () => {
    const { app } = appWith({ keys });
    const response = await app.inject({ method: "POST", url: "/v1/echo", payload: "x".repeat(5_000) });
    expect(response.statusCode).toBe(401);
  });

  test("is open for health alone: metrics count what others have", async () => {
    const { app } = appWith({ keys });
    for (const url of ["/healthz", "/readyz", "/healthz?verbose=1"])
      expect((await app.inject(url)).statusCode).toBe(200);
    for (const url of ["/metrics", "/healthz/", "//healthz", "/v1/echo/a?path=/healthz"])
      expect((await app.inject(url)).statusCode).toBe(401);
  });

  test("takes the key as a password where a page is made for browsers, and nowhere else", async () => {
    const { app } = appWith({ keys });
    void app.register((inner, _options, done) => {
      inner.decorate("accessOfRoutes", { needs: "admin", browser: true });
      inner.get("/admin/page", () => "page");
      done();
    });
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`anyone:${password}`).toString("base64")}`,
    });
    const asked = await app.inject("/admin/page");
    expect([asked.statusCode, asked.headers["www-authenticate"]]).toEqual([401, 'Basic realm="polyseme"']);
    expect((await app.inject({ url: "/admin/page", headers: basic("good") })).statusCode).toBe(200);
    expect((await app.inject({ url: "/admin/page", headers: basic("bad") })).statusCode).toBe(401);
    expect((await app.inject({ url: "/v1/echo/a", headers: basic("good") })).statusCode).toBe(401);
  });

  test("says by which scheme a key is sent", async () => {
    const { app } = appWith({ keys });
    expect((await app.inject("/v1/echo/a")).headers["www-authenticate"]).toBe("Bearer");
  });
});

describe("health", () => {
  const works = { name: "postgres", check: () => Promise.resolve(1) };

  test("is alive whatever the probes say", async () => {
    const check = vi.fn(() => Promise.reject(new Error("down")));
    const { app } = appWith({ probes: [{ name: "queue", check }] });
    const response = await app.inject("/healthz");
    expect([response.statusCode, response.json()]).toEqual([200, { status: "alive" }]);
    expect(check).not.toHaveBeenCalled();
  });

  test("is ready when every probe works", async () => {
    const { app } = appWith({ probes: [works] });
    const response = await app.inject("/readyz");
    expect([response.statusCode, response.json()]).toEqual([200, { status: "ready", checks: { postgres: "ok" } }]);
  });

  test("is not ready when one fails, and names it with the reason", async () => {
    const throwsAtOnce = (): Promise<never> => {
      throw new Error("not even asked");
    };
    const { app } = appWith({
      probes: [
        works,
        { name: "queue", check: () => Promise.reject(new Error("Redis is away")) },
        { name: "encoder", check: throwsAtOnce },
      ],
    });
    const response = await app.inject("/readyz");
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({
      status: "not ready",
      checks: { postgres: "ok", queue: "Redis is away", encoder: "not even asked" },
    });
  });

  test("is not ready when a probe does not answer in time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let asked = (): void => undefined;
    const wasAsked = new Promise<void>((resolve) => (asked = resolve));
    const check = (): Promise<never> => {
      asked();
      return new Promise(() => undefined);
    };
    const { app } = appWith({ probes: [works, { name: "queue", check }] });
    await app.ready();
    const answer = app.inject("/readyz");
    await wasAsked;
    await vi.advanceTimersByTimeAsync(5_000);
    const response = await answer;
    expect(response.statusCode).toBe(503);
    expect(response.json()).toMatchObject({ checks: { postgres: "ok", queue: "Waited 5000 ms for queue" } });
  });
});

describe("the description", () => {
  test("is OpenAPI 3.1 and lists the routes with their bodies", async () => {
    const { app } = appWith();
    const description = (await app.inject("/openapi.json")).json<{
      openapi: string;
      info: { title: string; version: string };
      paths: Record<string, Record<string, unknown>>;
    }>();
    expect(description.openapi).toMatch(/^3\.1\./);
    expect(description.info).toMatchObject({ title: "polyseme test", version: "1.2.3" });
    expect(Object.keys(description.paths)).toEqual(
      expect.arrayContaining(["/v1/echo", "/v1/echo/{id}", "/healthz", "/readyz", "/metrics"]),
    );
    expect(description.paths["/v1/echo"]?.["post"]).toMatchObject({
      summary: "Echo",
      requestBody: { content: { "application/json": { schema: { required: ["text"] } } } },
    });
    expect(description.paths).not.toHaveProperty("/openapi.json");
  });
});

describe("metrics", () => {
  test("count a request under its route and not under its path", async () => {
    const { app, metrics } = appWith();
    await app.inject("/v1/echo/s3cret-id");
    await app.inject("/v1/nowhere/s3cret-id");
    const text = await metrics.registry.metrics();
    expect(text).toContain('polyseme_http_request_seconds_count{route="/v1/echo/:id",method="GET",status="200"} 1');
    expect(text).toContain('polyseme_http_request_seconds_count{route="unknown",method="GET",status="404"} 1');
    expect(text).not.toContain("s3cret-id");
  });

  test("are given as Prometheus reads them", async () => {
    const { app } = appWith();
    const response = await app.inject("/metrics");
    expect(response.headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(response.body).toContain("# TYPE polyseme_queue_jobs gauge");
  });
});

describe("ids in the path", () => {
  test("arrive decoded, also the longest of three-byte characters", async () => {
    const { app } = appWith();
    for (const id of ["a/b", "ü 😀?#%", "x".repeat(512), "語".repeat(512)])
      expect((await app.inject(`/v1/echo/${encodeURIComponent(id)}`)).json()).toEqual({ id });
  });
});

test("once the process stops, answers ask the caller to close the connection", async () => {
  const stop = new AbortController();
  const { app } = appWith({ stop: stop.signal });
  expect((await app.inject("/healthz")).headers.connection).toBe("keep-alive");
  stop.abort();
  expect((await app.inject("/healthz")).headers.connection).toBe("close");
});
