import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Page } from "playwright-core";
import { chromiumHere, launchBrowser } from "../support/browser.ts";
import { startEmbeddedStack } from "../support/stack.ts";
import { picturePageViews } from "./page-views.ts";

/**
 * Makes the pictures of docs/images anew: the page as it is, on a server of its own with the labelled sentences of the
 * tests. `npm run docs:pictures`
 */
const root = new URL("../../", import.meta.url);
const WIDTH = { width: 1_200, height: 900 };
const COLLECTION = "words";

const executable = await chromiumHere();
if (executable === undefined) throw new Error("Pictures of the page need a Chromium.");
const stack = await startEmbeddedStack();
const browser = await launchBrowser(executable);
try {
  await pushSentences();
  const page = await browser.newPage({ viewport: WIDTH, colorScheme: "light" });
  await page.goto(`${stack.http.url}/#/lens`);
  await page.locator(".in-words b").first().waitFor();
  await keep(page, "lens");
  await page.goto(`${stack.http.url}/#/senses?collection=${COLLECTION}&word=apple`);
  await page.locator(".scatter").waitFor();
  await keep(page, "senses");
  await picturePageViews(page, stack, keep);
} finally {
  await browser.close();
  await stack.stop();
}

async function pushSentences(): Promise<void> {
  const lines = (await readFile(new URL("test/fixtures/senses.jsonl", root), "utf8")).trim().split("\n");
  const documents = lines.map((line, i) => {
    const { word, text } = JSON.parse(line) as { word: string; text: string };
    return { id: `${word}-${i}`, text };
  });
  await stack.http.call("PUT", `/v1/collections/${COLLECTION}`, { tokenVectors: "int8" });
  const { ticket } = await stack.http.push(COLLECTION, documents);
  await stack.http.settled(ticket);
}

async function keep(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: fileURLToPath(new URL(`docs/images/${name}.png`, root)), fullPage: true });
}
