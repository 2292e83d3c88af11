import { PolysemeError } from "@polyseme/core";
import fastify from "fastify";
import { describe, expect, test } from "vitest";
import { makeKeyCheck } from "./api-keys.ts";

/** The statuses of requests with these Authorization headers to a server with these keys. */
async function statuses(keys: readonly string[], authorizations: readonly (string | undefined)[], url = "/v1/secret") {
  const app = fastify();
  app.addHook("onRequest", makeKeyCheck(keys));
  app.setErrorHandler((error, _request, reply) =>
    reply.status(error instanceof PolysemeError ? error.status : 500).send(),
  );
  for (const path of ["/v1/secret", "/healthz", "/readyz", "/metrics", "/openapi.json"]) app.get(path, () => "here");
  const all: number[] = [];
  for (const authorization of authorizations)
    all.push((await app.inject({ url, headers: authorization === undefined ? {} : { authorization } })).statusCode);
  await app.close();
  return all;
}

describe("a server with keys", () => {
  const keys = ["first-key", "second-key"];

  test("lets each of its keys in, however the scheme is written", async () => {
    const good = [
      "Bearer first-key",
      "Bearer second-key",
      "bearer first-key",
      "BEARER first-key",
      "Bearer  first-key ",
    ];
    expect(await statuses(keys, good)).toEqual(good.map(() => 200));
  });

  test("lets nobody else in", async () => {
    const bad = [
      undefined,
      "",
      "Bearer",
      "Bearer ",
      "first-key",
      "Basic first-key",
      "Bearer first-ke",
      "Bearer first-key2",
      "Bearer FIRST-KEY",
      "Bearer first-key,second-key",
      "Bearer first-key second-key",
      "xBearer first-key",
    ];
    expect(await statuses(keys, bad)).toEqual(bad.map(() => 401));
  });

  test("tells a missing key from a wrong one, and repeats neither", async () => {
    const check = makeKeyCheck(keys);
    const refusal = (headers: Record<string, string>): Promise<unknown> =>
      check({ headers, routeOptions: { url: "/v1/secret" } } as Parameters<typeof check>[0]).catch(
        (error: unknown) => error,
      );
    const missing = (await refusal({})) as PolysemeError;
    const wrong = (await refusal({ authorization: "Bearer guess" })) as PolysemeError;
    expect([missing.code, wrong.code]).toEqual(["unauthorized", "unauthorized"]);
    expect(missing.message).toContain("Authorization: Bearer");
    expect(wrong.message).not.toMatch(/guess|first-key|Authorization/);
  });

  test("is open for what load balancers and Prometheus ask, and for nothing else", async () => {
    for (const url of ["/healthz", "/readyz", "/metrics", "/healthz?verbose=1"])
      expect(await statuses(keys, [undefined], url)).toEqual([200]);
    for (const url of ["/openapi.json", "/v1/secret", "/v1/secret?path=/healthz", "/nowhere", "/healthz/", "//healthz"])
      expect(await statuses(keys, [undefined], url)).toEqual([401]);
  });
});

test("a server without keys lets everyone in", async () => {
  expect(await statuses([], [undefined, "Bearer any", "Basic x"])).toEqual([200, 200, 200]);
});
