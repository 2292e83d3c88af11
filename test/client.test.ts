import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Polyseme, PolysemeRequestError } from "@polyseme/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drifted } from "../infra/clients/write-clients.ts";
import { METHODS, type OpenApi } from "../infra/clients/openapi.ts";
import { fetchOpenApi } from "../infra/clients/read-openapi.ts";
import { chromiumHere, launchBrowser } from "./support/browser.ts";
import { startBrowserApp, USE_IN_PAGE } from "./support/browser-app.ts";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const run = promisify(execFile);
const PYTHON_CLIENT = fileURLToPath(new URL("../clients/python", import.meta.url));

let stack: TestStack;
let document: OpenApi;
const listed = await startBrowserApp();
const unlisted = await startBrowserApp();
beforeAll(async () => {
  stack = await startEmbeddedStack({ POLYSEME_CORS_ORIGINS: listed.origin });
  document = await fetchOpenApi(stack.http.url);
});
afterAll(async () => {
  listed.stop();
  unlisted.stop();
  await stack.stop();
});

const python = await run("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).then(
  () => "python3",
  () => undefined,
);
const chromium = await chromiumHere();

describe("the description", () => {
  it("names every operation once", () => {
    const names = Object.values(document.paths).flatMap((operations) =>
      METHODS.flatMap((method) => operations[method]?.operationId ?? []),
    );
    expect(names).toContain("pushDocuments");
    expect(new Set(names).size).toBe(names.length);
  });

  it("has the NDJSON of a push and the events of a ticket", () => {
    const push = document.paths["/v1/collections/{collection}/documents"]?.post?.requestBody?.content;
    expect(push?.["application/x-ndjson"]?.schema.required).toEqual(["id", "text"]);
    const events = document.paths["/v1/tickets/{ticket}/events"]?.get?.responses["200"]?.content;
    expect(Object.keys(events ?? {})).toEqual(["text/event-stream"]);
  });

  it("is what the clients' generated files were made from; else run npm run client:types", async () => {
    expect(await drifted(document)).toEqual([]);
    const other = { ...document, paths: { ...document.paths, "/v1/new": { get: NEW_ROUTE } } };
    expect(await drifted(other)).toHaveLength(2);
  });
});

const NEW_ROUTE = {
  responses: { "200": { description: "", content: { "application/json": { schema: { type: "string" } } } } },
};

describe("the clients against a running server", () => {
  it("push an async iterable, wait, search, inspect and report errors in Node", async () => {
    const client = new Polyseme({ url: stack.http.url });
    const { ticket, rejected } = await client.push("node", someDocuments());
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([[2, "unusable_text"]]);
    expect(await ticket.wait()).toMatchObject({ stored: 2, pending: 0 });
    const { hits } = await client.search("node", { query: "monetary policy", k: 1 });
    expect(hits.map(({ id }) => id)).toEqual(["bank"]);
    expect((await client.inspect("An apple.")).tokens.length).toBeGreaterThan(2);
    const wanted = { status: 404, code: "not_found" };
    await expect(client.collections.get("no-such")).rejects.toMatchObject(wanted);
    await expect(client.collections.get("no-such")).rejects.toBeInstanceOf(PolysemeRequestError);
  });

  it.skipIf(python === undefined)("do the same in Python", async () => {
    const { stdout } = await run("python3", ["smoke.py", stack.http.url], { cwd: PYTHON_CLIENT });
    expect(stdout.trim()).toBe("pushed, stored, found, inspected, refused, deleted");
  });

  it.skipIf(chromium === undefined)("do the same in Chromium, from pages of a listed origin only", async () => {
    const browser = await launchBrowser(chromium ?? "");
    try {
      const use = async (origin: string): Promise<unknown> => {
        const page = await browser.newPage();
        await page.goto(origin);
        return page.evaluate(`(${USE_IN_PAGE})(${JSON.stringify(stack.http.url)})`);
      };
      expect(await use(listed.origin)).toEqual({ stored: 2, hit: "bank", missing: "not_found" });
      expect(await use(unlisted.origin)).toEqual({ failed: "unreachable" });
    } finally {
      await browser.close();
    }
  });
});

async function* someDocuments(): AsyncGenerator<{ id: string; text: string }> {
  yield { id: "bank", text: "The central bank raised its interest rates." };
  await Promise.resolve();
  yield { id: "river", text: "We sat on the bank of the river and fished." };
  yield { id: "empty", text: "  " };
}
