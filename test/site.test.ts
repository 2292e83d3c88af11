import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenLinks } from "../infra/docs/site/broken-links.ts";
import { termsOf } from "../infra/docs/site/browser/terms.ts";
import { buildSite } from "../infra/docs/site/build-site.ts";
import { readNavigation } from "../infra/docs/site/navigation.ts";
import { readSitePages } from "../infra/docs/site/site-pages.ts";
import { accessibilityFaults, chromiumHere, keepPicture, launchBrowser, openWatched } from "./support/browser.ts";

const executable = await chromiumHere();
const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1280, height: 900 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
  { name: "phone", colorScheme: "light", viewport: { width: 360, height: 740 } },
] as const;
const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css",
  js: "text/javascript",
  json: "application/json",
  png: "image/png",
};

let folder: string;
let server: Server;
let url: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "polyseme-site-"));
  await buildSite({ folder });
  server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    readFile(join(folder, path)).then(
      (bytes) =>
        response.writeHead(200, { "content-type": TYPES[path.slice(path.lastIndexOf(".") + 1)] ?? "" }).end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

describe("the site of the documentation", () => {
  test("has no link that leads nowhere, and loads nothing from elsewhere", async () => {
    expect(await brokenLinks(folder)).toEqual([]);
    const page = join(folder, "docs/filters.html");
    const html = await readFile(page, "utf8");
    await writeFile(
      page,
      `${html}<a href="gone.html">x</a><a href="limits.html#no-such">y</a><img src="https://x/y.png">`,
    );
    expect(await brokenLinks(folder)).toEqual([
      "docs/filters.html: gone.html",
      "docs/filters.html: limits.html#no-such",
      "docs/filters.html: https://x/y.png",
    ]);
    await writeFile(page, html);
  });

  test("has every page of docs/ in its navigation", async () => {
    const pages = await readSitePages();
    const listed = new Set(readNavigation(pages).flatMap(({ pages: links }) => links.map(({ source }) => source)));
    const left = pages
      .map(({ source }) => source)
      .filter((source) => source.startsWith("docs/") && !listed.has(source));
    expect(left).toEqual(["docs/README.md"]);
  });

  test("takes Chinese apart into pairs of characters, other texts into words", () => {
    expect(termsOf("What is 上下文向量?")).toEqual(["what", "is", "上下", "下文", "文向", "向量"]);
  });

  describe.skipIf(executable === undefined)("in a browser", () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchBrowser(executable ?? "");
    });
    afterAll(() => browser.close());

    test.each(LOOKS)("is searched and read, $name", async ({ name, colorScheme, viewport }) => {
      const opened = await openWatched(browser, `${url}/index.html`, { look: { colorScheme, viewport } });
      const { page } = opened;
      for (const path of ["index", "README.zh", "docs/meaning", "docs/reference/errors", "docs/scaling"]) {
        await page.goto(`${url}/${path}.html`);
        const width = await page.evaluate<number>(
          "document.documentElement.scrollWidth - document.documentElement.clientWidth",
        );
        expect([path, width, ...(await accessibilityFaults(page))]).toEqual([path, 0]);
        await keepPicture(page, `site-${path.replaceAll("/", "-")}-${name}`);
      }
      await page.getByLabel("Search").fill("back up embedded");
      const hit = page.locator("#found a").first();
      await hit.waitFor();
      expect(await accessibilityFaults(page)).toEqual([]);
      await hit.click();
      await page.getByRole("heading", { name: "How do I back up the embedded stack?" }).waitFor();
      expect(page.url()).toContain("docs/backing-up.html#how-do-i-back-up-the-embedded-stack");
      await page.getByLabel("Search").fill("上下文向量");
      await page.locator("#found a").first().waitFor();
      expect(opened.faults).toEqual([]);
      await opened.close();
    });
  });
});
