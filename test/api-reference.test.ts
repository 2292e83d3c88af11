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

  test.skipIf(executable === undefined).each([
    { name: "in the light", colorScheme: "light", viewport: { width: 1280, height: 900 } },
    { name: "in the dark, on a phone", colorScheme: "dark", viewport: { width: 360, height: 740 } },
  ] as const)("passes axe and fits, $name", async ({ colorScheme, viewport }) => {
    const browser = await launchBrowser(executable ?? "");
    try {
      const look = { colorScheme, viewport, extraHTTPHeaders: BASIC };
      const { page, faults } = await openWatched(browser, `${stack.http.url}/docs`, { look });
      await page.getByRole("link", { name: "POST /v1/collections/{collection}/search", exact: true }).click();
      expect(new URL(page.url()).hash).toBe("#search");
      const width = await page.evaluate<number>(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth",
      );
      expect([width, ...(await accessibilityFaults(page))]).toEqual([0]);
      expect(faults).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});
