import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chromiumHere } from "./support/browser.ts";
import { REFUSED, startPageBrowser, type PageBrowser } from "./support/page-browser.ts";

const executable = await chromiumHere();
/** That a collection has no migration is an answer too, and the browser writes it down. */
const NONE_YET = { allowed: [REFUSED(404)] };

describe.skipIf(executable === undefined)("migrations on the page", () => {
  let browser: PageBrowser;
  beforeAll(async () => {
    browser = await startPageBrowser(executable ?? "");
    const documents = Array.from({ length: 30 }, (_, i) => ({
      id: `d${i}`,
      text: `On day ${i} the boats left the harbour at dawn. The gulls followed them out to the open sea.`,
    }));
    const { ticket } = await browser.call("POST", "/v1/collections/notes/documents", { documents });
    await browser.call("GET", `/v1/tickets/${String(ticket)}?wait=30s`);
  });
  afterEach(async () => {
    expect(await browser.close()).toEqual([]);
  });
  afterAll(() => browser.stop());

  test("is started with other settings, followed, compared, cut over, rolled back and ended", async () => {
    const page = await browser.open("#/migration?collection=notes", NONE_YET);
    const start = page.getByRole("button", { name: "Start" });
    await start.waitFor();
    expect(await start.isDisabled()).toBe(true);
    await page.getByLabel("Tokens a chunk, at most").fill("16");
    await start.click();
    await page.getByRole("dialog").getByText("another chunking").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "Start" }).click();
    const card = page.getByRole("region", { name: "Migration of notes" });
    await card.getByText("ready to cut over", { exact: true }).waitFor();
    await card.getByText("30 of 30 documents").waitFor();
    await card.getByText(/of the 10 nearest documents are the same in both/).waitFor({ timeout: 45_000 });

    await card.getByRole("button", { name: "Cut over" }).click();
    const dialog = page.getByRole("dialog");
    expect(await dialog.innerText()).toMatch(/\d+ % of the answers are the same as before/);
    await dialog.getByRole("button", { name: "Cut over" }).click();
    await card.getByText("live", { exact: true }).waitFor();
    expect(await browser.call("GET", "/v1/collections/notes")).toMatchObject({ chunking: { maxTokens: 16 } });

    await card.getByRole("button", { name: "Roll back" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Roll back" }).click();
    await card.getByText("rolled back", { exact: true }).waitFor();
    const { chunking } = await browser.call("GET", "/v1/collections/notes");
    expect(chunking).not.toMatchObject({ maxTokens: 16 });

    await card.getByRole("button", { name: "Drop the other generation" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Drop the other generation" }).click();
    await card.waitFor({ state: "detached" });
  });

  test("is given up while it is built", async () => {
    const page = await browser.open("#/migration?collection=notes", NONE_YET);
    await page.getByLabel("Tokens a chunk, at most").fill("8");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Start" }).click();
    await page.getByRole("button", { name: "Cancel the migration" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Cancel the migration" }).click();
    await page.getByRole("button", { name: "Start" }).waitFor();
    const answer = browser.call("GET", "/v1/collections/notes/migration");
    await expect(answer).rejects.toThrow("404");
  });

  test("shows what a name that is an alias is answered", async () => {
    await browser.call("PUT", "/v1/aliases/current", { collection: "notes" });
    const page = await browser.open("#/migration?collection=current", { allowed: [REFUSED(404), REFUSED(409)] });
    await page.getByLabel("Tokens a chunk, at most").fill("8");
    await page.getByRole("button", { name: "Start" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Start" }).click();
    await page.getByRole("dialog").getByText("conflict").waitFor();
  });

  test("looks as it should", async () => {
    await browser.call("POST", "/v1/collections/notes/migrate", { chunking: { maxTokens: 24 } });
    await browser.expectGoodLooks("migration", "#/migration?collection=notes", ".overlap", async (page) => {
      await page.getByText(/of the 10 nearest documents are the same/).waitFor({ timeout: 45_000 });
    });
  });
});
