import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chromiumHere } from "./support/browser.ts";
import { REFUSED, startPageBrowser, type PageBrowser } from "./support/page-browser.ts";

const executable = await chromiumHere();

describe.skipIf(executable === undefined)("collections on the page", () => {
  let browser: PageBrowser;
  beforeAll(async () => {
    browser = await startPageBrowser(executable ?? "");
  });
  afterEach(async () => {
    expect(await browser.close()).toEqual([]);
  });
  afterAll(() => browser.stop());

  test("says what to do where there are none, and makes one with settings", async () => {
    const page = await browser.open("#/collections");
    await page.getByRole("heading", { name: "No collections yet" }).waitFor();
    await page.getByRole("button", { name: "New collection" }).click();
    // The form has the focus: who uses the keyboard goes on there.
    await page.keyboard.type("notes");
    await page.getByText("Settings of its vectors").click();
    await page.getByLabel("Tokens a chunk, at most").fill("64");
    await page.getByLabel("Token vectors").selectOption({ label: "kept, a byte a number" });
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("heading", { name: "notes", exact: true }).waitFor();
    await page.getByText("No documents yet").waitFor();
    expect(page.url()).toContain("#/collections?name=notes");
    const facts = await page.locator("dl.facts").allInnerTexts();
    expect(facts.join("\n")).toMatch(/64 tokens/);
    expect(await browser.call("GET", "/v1/collections/notes")).toMatchObject({
      chunking: { maxTokens: 64 },
      tokenVectors: "int8",
      lateChunking: false,
    });
  });

  test("shows what the server says of a name that is taken with other settings", async () => {
    const page = await browser.open("#/collections", { allowed: [REFUSED(409)] });
    await page.getByRole("button", { name: "New collection" }).click();
    await page.getByLabel("Name").fill("notes");
    await page.getByText("Settings of its vectors").click();
    await page.getByLabel("Tokens a chunk, at most").fill("32");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByRole("alert").getByText("conflict").waitFor();
  });

  test("lists a collection with what it holds, which follows what is pushed", async () => {
    const page = await browser.open("#/collections");
    const card = page.locator(".collection", { hasText: "notes" });
    await card.waitFor();
    const { ticket } = await browser.call("POST", "/v1/collections/notes/documents", {
      documents: ["tides", "moon", "harbour"].map((id) => ({ id, text: `A text about the ${id}.` })),
    });
    await browser.call("GET", `/v1/tickets/${String(ticket)}?wait=30s`);
    await card.locator("dd").getByText("3", { exact: true }).first().waitFor();
    await card.locator(".state-counts", { hasText: "3 stored" }).waitFor();
  });

  test("gives a collection another name and takes it away again", async () => {
    const page = await browser.open("#/collections?name=notes");
    await page.getByLabel(/^Another name/).fill("current");
    await page.getByRole("button", { name: "Add alias" }).click();
    const remove = page.getByRole("button", { name: "Remove current" });
    await remove.waitFor();
    expect(await browser.call("GET", "/v1/aliases")).toMatchObject({
      aliases: [{ name: "current", collection: "notes" }],
    });
    await remove.click();
    await page.getByRole("dialog").getByRole("button", { name: "Remove current" }).click();
    await page.getByText("Programs that use an alias").waitFor();
    expect(await browser.call("GET", "/v1/aliases")).toEqual({ aliases: [] });
  });

  test("deletes a collection only when its name was typed", async () => {
    await browser.call("PUT", "/v1/collections/old-notes", {});
    const page = await browser.open("#/collections?name=old-notes");
    await page.getByRole("button", { name: "Delete old-notes" }).click();
    const dialog = page.getByRole("dialog");
    const confirm = dialog.getByRole("button", { name: "Delete old-notes" });
    expect(await confirm.isDisabled()).toBe(true);
    await dialog.getByRole("textbox").fill("old-note");
    expect(await confirm.isDisabled()).toBe(true);
    await page.keyboard.press("Escape");
    expect(await dialog.isVisible()).toBe(false);
    expect(await page.evaluate("document.activeElement.textContent")).toBe("Delete old-notes");
    await page.keyboard.press("Enter");
    await dialog.getByRole("textbox").fill("old-notes");
    await confirm.click();
    await page.getByRole("heading", { name: "Collections", exact: true }).waitFor();
    expect((await browser.stack.http.call("GET", "/v1/collections/old-notes")).status).toBe(401);
    const { collections } = await browser.call("GET", "/v1/collections");
    expect((collections as { name: string }[]).map(({ name }) => name)).toEqual(["notes"]);
  });

  test("looks as it should", async () => {
    await browser.expectGoodLooks("collections", "#/collections", ".collection");
    await browser.expectGoodLooks("collections-new", "#/collections", ".collection", async (page) => {
      await page.getByRole("button", { name: "New collection" }).click();
      await page.getByText("Settings of its vectors").click();
    });
    await browser.expectGoodLooks("collection", "#/collections?name=notes", ".danger-zone");
    await browser.expectGoodLooks("collection-delete", "#/collections?name=notes", ".danger-zone", async (page) => {
      await page.getByRole("button", { name: "Delete notes" }).click();
    });
  });
});
