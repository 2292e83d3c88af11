import { expect, it } from "vitest";
import { PolysemeError } from "@polyseme/core";
import { openApp } from "../../../test/support/open-app.ts";

const APP = "https://app.example.com";

function appWith(corsOrigins: readonly string[] | undefined) {
  const app = openApp({
    corsOrigins,
    keys: {
      identify: ({ key }) =>
        key === "k"
          ? Promise.resolve({ id: "k", rank: "admin" as const, collections: undefined })
          : Promise.reject(new PolysemeError("unauthorized", "no key")),
    },
  });
  app.post("/v1/x", { config: { needs: "write" } }, () => ({ ok: true }));
  return app;
}

const QUESTION = { origin: APP, "access-control-request-method": "POST", "sec-fetch-site": "cross-site" };

it("tells a browser, without a key, that pages of a listed origin may call", async () => {
  const app = appWith([APP]);
  const answer = await app.inject({ method: "OPTIONS", url: "/v1/x", headers: QUESTION });
  expect(answer.statusCode).toBe(204);
  expect(answer.headers).toMatchObject({
    "access-control-allow-origin": APP,
    "access-control-allow-methods": "GET, POST, PUT, DELETE",
    "access-control-allow-headers": "authorization, content-type",
    vary: "origin",
  });
  expect(answer.headers["access-control-allow-credentials"]).toBeUndefined();
});

it("marks answers and errors as readable, and exposes when to come back", async () => {
  const app = appWith([APP]);
  const headers = { origin: APP, "sec-fetch-site": "cross-site" };
  for (const [key, status] of [
    ["k", 200],
    ["wrong", 401],
  ] as const) {
    const answer = await app.inject({
      method: "POST",
      url: "/v1/x",
      headers: { ...headers, authorization: `Bearer ${key}` },
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.headers["access-control-allow-origin"]).toBe(APP);
    expect(answer.headers["access-control-expose-headers"]).toBe("retry-after");
  }
});

it.each([
  ["another origin than the listed one", [APP], "https://evil.example.com"],
  ["any origin when none is listed", undefined, APP],
])("says nothing to pages of %s", async (_case, listed, origin) => {
  const app = appWith(listed);
  const asked = await app.inject({ method: "OPTIONS", url: "/v1/x", headers: { ...QUESTION, origin } });
  expect(asked.statusCode).not.toBe(204);
  expect(asked.headers["access-control-allow-origin"]).toBeUndefined();
  const called = await app.inject({
    method: "POST",
    url: "/v1/x",
    headers: { origin, "sec-fetch-site": "cross-site" },
  });
  expect(called.statusCode).toBe(403);
  expect(called.headers["access-control-allow-origin"]).toBeUndefined();
});
