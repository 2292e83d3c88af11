import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Page } from "playwright-core";
import { chromiumHere } from "./support/browser.ts";
import { startPageBrowser, type PageBrowser } from "./support/page-browser.ts";

const executable = await chromiumHere();

describe.skipIf(executable === undefined)("search with filters on the page", () => {
  let browser: PageBrowser;
  beforeAll(async () => {
    browser = await startPageBrowser(executable ?? "");
    const documents = Array.from({ length: 24 }, (_, i) => ({
      id: `jacket-${i}`,
      text: i % 2 === 0 ? `A warm jacket of wool, number ${i}.` : `A light coat for rain, number ${i}.`,
      metadata: { lang: i < 12 ? "en" : "de", price: i * 10 },
    }));
    const { ticket } = await browser.call("POST", "/v1/collections/shop/documents", { documents });
    await browser.call("GET", `/v1/tickets/${String(ticket)}?wait=30s`);
  });
  afterEach(async () => {
    expect(await browser.close()).toEqual([]);
  });
  afterAll(() => browser.stop());

  const ids = (page: Page) => page.locator(".hit h3").allInnerTexts();

  test("pages go on behind the last hit until there are no more", async () => {
    const page = await browser.open("#/search?collection=shop&query=warm+jacket");
    await page.getByText(/^10 hits/).waitFor();
    await page.getByRole("button", { name: "More hits" }).click();
    await page.getByText(/^20 hits/).waitFor();
    await page.getByRole("button", { name: "More hits" }).click();
    await page.getByText(/^24 hits/).waitFor();
    expect(new Set(await ids(page)).size).toBe(24);
    expect(await page.getByRole("button", { name: "More hits" }).count()).toBe(0);
  });

  test("a filter is built from conditions and groups, kept in the address, and found there again", async () => {
    const page = await browser.open("#/search");
    await page.getByLabel("Query").fill("warm jacket");
    await page.getByText("Mode and filter").click();
    await page.getByRole("button", { name: "Add condition" }).click();
    await page.getByLabel("Field", { exact: true }).fill("lang");
    await page.getByLabel("Value", { exact: true }).fill("de");
    await page.getByRole("button", { name: "Add group" }).click();
    const group = page.getByRole("group", { name: "Group" });
    await group.getByLabel("Field", { exact: true }).fill("price");
    await group.getByLabel("Operator", { exact: true }).selectOption("below");
    await group.getByLabel("Value", { exact: true }).fill("140");
    await group.getByRole("button", { name: "Add condition" }).click();
    await group.getByLabel("Field", { exact: true }).nth(1).fill("price");
    await group.getByLabel("Operator", { exact: true }).nth(1).selectOption("is one of");
    await group.getByLabel("Value", { exact: true }).nth(1).fill("200, 210");
    await group.getByRole("checkbox", { name: "not" }).nth(1).uncheck();
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByText(/^4 hits/).waitFor();
    const found = (await ids(page)).sort();
    expect(found).toEqual(["jacket-12", "jacket-13", "jacket-20", "jacket-21"]);
    const { hash } = new URL(page.url());
    expect(JSON.parse(new URLSearchParams(hash.split("?")[1]).get("filter") ?? "")).toEqual({
      $and: [{ lang: { $eq: "de" } }, { $or: [{ price: { $lt: 140 } }, { price: { $in: [200, 210] } }] }],
    });
    expect(await browser.close()).toEqual([]);

    const sent = await browser.open(hash);
    await sent.getByText(/^4 hits/).waitFor();
    expect(await sent.getByLabel("Value", { exact: true }).first().inputValue()).toBe("de");
    await sent.getByRole("group", { name: "Group" }).getByRole("checkbox", { name: "not" }).first().check();
    await sent.getByRole("button", { name: "Search" }).click();
    await sent.getByText(/^10 hits/).waitFor();
    await sent.getByRole("button", { name: "Remove group" }).click();
    await sent.getByRole("button", { name: "Remove the condition on lang" }).click();
    await sent.getByRole("button", { name: "Search" }).click();
    await sent.getByRole("button", { name: "More hits" }).waitFor();
    expect(sent.url()).not.toContain("filter");
  });

  test("by words the words are marked, by both the places are shown, and a score cuts", async () => {
    const page = await browser.open("#/search?collection=shop&query=warm+wool&mode=lexical");
    await page.locator(".hit mark").first().waitFor();
    expect(new Set(await page.locator(".hit mark").allInnerTexts())).toEqual(new Set(["warm", "wool"]));
    await page.getByLabel("Mode").selectOption({ label: "by meaning and words" });
    await page.getByRole("button", { name: "Search" }).click();
    await page
      .getByText(/1 by meaning|1 by words/)
      .first()
      .waitFor();
    await page.getByLabel("Mode").selectOption({ label: "by meaning" });
    await page.getByLabel("Score, at least").fill("0.99");
    await page.getByRole("button", { name: "Search" }).click();
    await page.getByRole("heading", { name: "Nothing found" }).waitFor();
    expect(page.url()).toContain("min=0.99");
  });

  test("looks as it should", async () => {
    const filter = { $and: [{ lang: { $eq: "de" } }, { $or: [{ price: { $lt: 140 } }, { price: { $gt: 200 } }] }] };
    const query = new URLSearchParams({ collection: "shop", query: "warm wool", filter: JSON.stringify(filter) });
    await browser.expectGoodLooks("search-filter", `#/search?${query.toString()}`, ".hit");
  });
});
