import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chromiumHere } from "./support/browser.ts";
import { REFUSED, startPageBrowser, type PageBrowser } from "./support/page-browser.ts";

const executable = await chromiumHere();

describe.skipIf(executable === undefined)("throughput and keys on the page", () => {
  let browser: PageBrowser;
  beforeAll(async () => {
    browser = await startPageBrowser(executable ?? "");
  });
  afterEach(async () => {
    expect(await browser.close()).toEqual([]);
  });
  afterAll(() => browser.stop());

  async function push(collection: string, documents: readonly unknown[]): Promise<Record<string, unknown>> {
    const { ticket } = await browser.call("POST", `/v1/collections/${collection}/documents`, { documents });
    return browser.call("GET", `/v1/tickets/${String(ticket)}?wait=30s`);
  }

  test("throughput shows the server's own figures as they change, also in a table", async () => {
    const page = await browser.open("#/throughput");
    // A line without height is not visible to Playwright.
    await page.locator(".chart .line").first().waitFor({ state: "attached" });
    await push(
      "notes",
      Array.from({ length: 60 }, (_, i) => ({ id: `s${i}`, text: `The tide of day ${i} came in.` })),
    );
    await page.getByText("The same in figures").click();
    // A line that leaves the bottom: something was stored, and encoded, between two readings.
    for (const chart of ["Stored", "Encoded"])
      await expect
        .poll(
          async () => {
            const lines = await page
              .locator(".chart", { hasText: new RegExp(`^${chart}`) })
              .locator(".line")
              .all();
            return (await Promise.all(lines.map((line) => line.getAttribute("d")))).join("");
          },
          { timeout: 20_000 },
        )
        .toMatch(/[ML][\d.]+ (?!80(?:L|M|$))[\d.]+/);
    expect(await page.locator("tbody tr").count()).toBeGreaterThan(1);
    expect(await page.locator("thead th").allInnerTexts()).toContain("Stored /s");
    expect(await page.locator(".chart", { hasText: "Workers" }).locator("strong").innerText()).toBe("1");
  });

  test("throughput is read from the collections where the key may read no metrics", async () => {
    const page = await browser.open("", { allowed: [REFUSED(403)] });
    await page.route("**/metrics", (route) =>
      route.fulfill({ status: 403, json: { error: { code: "forbidden", message: "no" } } }),
    );
    await page.goto(`${browser.stack.http.url}/#/throughput`);
    await page.getByText("From the collections that this key may see").waitFor();
    await page.locator(".chart", { hasText: "Waiting" }).locator("strong", { hasText: "0" }).waitFor();
  });

  test("a key is made, shown once, copied, works as it says, and is revoked", async () => {
    for (const name of ["notes", "other"]) await browser.call("PUT", `/v1/collections/${name}`, {});
    const page = await browser.open("#/keys");
    await page.getByRole("heading", { name: "No keys in the database yet" }).waitFor();
    await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByLabel("Name (who will use it)").fill("the reader");
    await page.getByRole("checkbox", { name: "notes" }).check();
    await page.getByLabel("Requests a second, at most").fill("50");
    await page.getByRole("button", { name: "Create key" }).click();
    const secret = page.getByLabel("Key", { exact: true });
    await secret.waitFor();
    const key = await secret.inputValue();
    await page.getByRole("button", { name: "Copy" }).click();
    await page.getByText("Copied.").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(key);
    const asReader = (path: string) =>
      browser.stack.http.call("GET", path, undefined, { authorization: `Bearer ${key}` });
    expect((await asReader("/v1/collections/notes")).status).toBe(200);
    expect((await asReader("/v1/collections/other")).status).toBe(403);
    await page.getByRole("button", { name: "I have it" }).click();
    expect(await page.locator("body").innerText()).not.toContain(key);
    const row = page.locator(".key-row", { hasText: "the reader" });
    expect(await row.innerText()).toMatch(/read[\s\S]*notes · 50 requests a second/);
    await page.getByRole("button", { name: "Revoke the reader" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Revoke the reader" }).click();
    await row.getByText(/^revoked/).waitFor();
    await expect.poll(async () => (await asReader("/v1/collections/notes")).status, { timeout: 20_000 }).toBe(401);
  });

  test("looks as it should", async () => {
    await browser.expectGoodLooks("keys", "#/keys", ".key-row");
    await browser.expectGoodLooks("throughput", "#/throughput", ".chart", async (page) => {
      await page.locator(".chart .line[d*=L]").first().waitFor({ state: "attached" });
      await page.getByText("The same in figures").click();
    });
  });
});
