import { PolysemeError } from "@polyseme/core";
import fastify from "fastify";
import { expect, test } from "vitest";
import { makeKeyCheck } from "./api-keys.ts";
import { browserLogin } from "./browser-login.ts";

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString("base64")}`;

async function ask(url: string, authorization?: string) {
  const app = fastify();
  app.addHook("onRequest", browserLogin.onRequest);
  app.addHook("onSend", browserLogin.onSend);
  app.addHook("onRequest", makeKeyCheck(["kéy:1"]));
  app.setErrorHandler((error, _request, reply) =>
    reply.status(error instanceof PolysemeError ? error.status : 500).send(),
  );
  app.get("/page", { config: { browserLogin: true } }, () => "here");
  app.get("/api", () => "here");
  const { statusCode, headers } = await app.inject({
    url,
    headers: authorization === undefined ? {} : { authorization },
  });
  await app.close();
  return { status: statusCode, asks: headers["www-authenticate"] !== undefined };
}

test("a page lets in who gives a key as the password, whatever the user is called, and colons are part of it", async () => {
  for (const authorization of [basic("me:kéy:1"), basic(":kéy:1"), "Bearer kéy:1".normalize()])
    expect(await ask("/page", authorization)).toEqual({ status: 200, asks: false });
});

test("a page asks again for a password that is no key, and for anything that is no password", async () => {
  for (const authorization of [undefined, basic("me:other"), basic("kéy:1"), basic("kéy"), "Basic", "Basic ***"])
    expect([authorization, await ask("/page", authorization)]).toEqual([authorization, { status: 401, asks: true }]);
});

test("elsewhere a password is no key, and no browser is made to ask for one", async () => {
  expect(await ask("/api", basic("me:kéy:1"))).toEqual({ status: 401, asks: false });
  expect(await ask("/api")).toEqual({ status: 401, asks: false });
});
