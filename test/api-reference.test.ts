import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { accessibilityFaults, chromiumHere, launchBrowser, openWatched } from "./support/browser.ts";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const executable = await chromiumHere();
const KEY = "key-of-the-api-reference";
const BASIC = { authorization: `Basic ${Buffer.from(`me:${KEY}`).toString("base64")}` };

let stack: TestStack;
beforeAll(async () => {
  stack = await startEmbeddedStack({ POLYSEME_API_KEYS: KEY });
});
afterAll(() => stack.stop());

describe("/docs of a running server", () => {
  test("describes every route of /openapi.json, under a policy without scripts", async () => {
    const answer = await fetch(`${stack.http.url}/docs`, { headers: BASIC });
    const html = await answer.text();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(answer.headers.get("content-security-policy")).toBe(
      "default-src 'none'; style-src 'self'; img-src data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
    expect(html).not.toMatch(/<script|<style|style=|https?:/);
    const { body } = await stack.http.call("GET", "/openapi.json", undefined, { authorization: `Bearer ${KEY}` });
    const paths = body["paths"] as Record<string, Record<string, unknown>>;
    for (const [path, methods] of Object.entries(paths))
      for (const method of Object.keys(methods))
        expect(html).toContain(`<h3><code>${method.toUpperCase()} ${path}</code></h3>`);
    const again = await fetch(`${stack.http.url}/docs`, {
      headers: { ...BASIC, "if-none-match": answer.headers.get("etag") ?? "" },
    });
    expect(again.status).toBe(304);
  });

  test("is for those who may read /openapi.json, and lets a browser ask for the key", async () => {
    const refused = await fetch(`${stack.http.url}/docs`);
    expect([refused.status, refused.headers.get("www-authenticate")]).toEqual([401, 'Basic realm="polyseme"']);
    expect((await fetch(`${stack.http.url}/docs/style.css`)).headers.get("content-type")).toBe(
      "text/css; charset=utf-8",
    );
  });

  test.skipIf(executable === undefined)("passes axe in the light and in the dark, and fits a phone", async () => {
    const browser = await launchBrowser(executable ?? "");
    try {
      for (const look of [
        { name: "light", colorScheme: "light", viewport: { width: 1280, height: 900 } },
        { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
        { name: "phone", colorScheme: "light", viewport: { width: 360, height: 740 } },
      ] as const) {
        const opened = await openWatched(browser, `${stack.http.url}/docs`, {
          look: { colorScheme: look.colorScheme, viewport: look.viewport, extraHTTPHeaders: BASIC },
        });
        const { page } = opened;
        await page.getByRole("link", { name: "POST /v1/collections/{collection}/search", exact: true }).click();
        expect(new URL(page.url()).hash).toBe("#search");
        const width = await page.evaluate<number>(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        expect([look.name, width]).toEqual([look.name, 0]);
        expect([look.name, ...(await accessibilityFaults(page))]).toEqual([look.name]);
        expect(opened.faults).toEqual([]);
        await opened.close();
      }
    } finally {
      await browser.close();
    }
  });
});
