import type { Page } from "playwright-core";
import type { TestStack } from "../support/stack.ts";

type Keep = (page: Page, name: string) => Promise<void>;

const SHOP = "shop";
const JACKETS = 200;

/** Pictures of docs/page.md: a search with a filter, a push with a line that is refused, the charts during a load. */
export async function picturePageViews(page: Page, stack: TestStack, keep: Keep): Promise<void> {
  const documents = Array.from({ length: JACKETS }, (_, i) => ({
    id: `jacket-${i}`,
    text: i % 2 === 0 ? `A warm jacket of wool, number ${i}.` : `A light coat for rain, number ${i}.`,
    metadata: { lang: i % 3 === 0 ? "de" : "en", price: 20 + i },
  }));
  const { ticket } = await stack.http.push(SHOP, documents);
  await stack.http.settled(ticket);

  const filter = { $and: [{ lang: { $eq: "de" } }, { $or: [{ price: { $lt: 40 } }, { price: { $gte: 200 } }] }] };
  const values = new URLSearchParams({ collection: SHOP, query: "warm wool", filter: JSON.stringify(filter) });
  await page.goto(`${stack.http.url}/#/search?${values.toString()}`);
  await page.locator(".hit").first().waitFor();
  await keep(page, "page-search");

  await page.goto(`${stack.http.url}/#/push?collection=${SHOP}`);
  const lines = '{"id":"scarf","text":"A scarf of silk."}\n{"id":"blank","text":" "}';
  await page.getByLabel("Files to push").setInputFiles([
    { name: "scarves.jsonl", mimeType: "application/x-ndjson", buffer: Buffer.from(lines) },
    { name: "care.md", mimeType: "text/markdown", buffer: Buffer.from("# Care\n\nWash wool by hand.") },
  ]);
  await page.getByText("2 of 2 files done").waitFor();
  await keep(page, "page-push");

  await page.goto(`${stack.http.url}/#/throughput`);
  await page.locator(".chart .line").first().waitFor({ state: "attached" });
  const more = documents.map(({ id, text }) => ({ id: `more-${id}`, text: `${text} `.repeat(40) }));
  const load = await stack.http.push(SHOP, more);
  await stack.http.settled(load.ticket);
  // What came last is read two seconds later.
  await page.locator(".chart", { hasText: "Waiting" }).locator("strong", { hasText: /^0$/ }).waitFor();
  await keep(page, "page-throughput");
}
