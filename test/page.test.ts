import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { appleSenses, explainedHit } from "./fixtures/page/answers.ts";
import {
  accessibilityFaults,
  chromiumHere,
  keepPicture,
  launchBrowser,
  openWatched,
  tabTo,
} from "./support/browser.ts";
import type { WatchedPage, WatchOptions } from "./support/browser.ts";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

const executable = await chromiumHere();
const KEY = "key-of-the-page";
const HOSTILE = '<img src=x onerror="alert(1)"> and <script>alert(2)</script> are a text about tides.';
/** The browser's own line for an answer that is an error; what the page makes of it is tested. */
const REFUSED = (status: number): RegExp => new RegExp(`Failed to load resource: .* status of ${status}`);

/** How far things moved by themselves since the page was opened, as browsers measure it; up to 0.1 is called good. */
const SHIFTED = `new Promise((resolve) => {
  let sum = 0;
  const watch = (list) => { for (const shift of list.getEntries()) if (!shift.hadRecentInput) sum += shift.value; };
  new PerformanceObserver(watch).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(sum), 100);
})`;

describe.skipIf(executable === undefined)("the page", () => {
  let stack: TestStack;
  let browser: Browser;
  let opened: WatchedPage | undefined;
  beforeAll(async () => {
    [stack, browser] = await Promise.all([
      startEmbeddedStack({ POLYSEME_API_KEYS: KEY }),
      launchBrowser(executable ?? ""),
    ]);
  });
  afterEach(async () => {
    await opened?.close();
    opened = undefined;
  });
  afterAll(async () => {
    await browser.close();
    await stack.stop();
  });

  /** The page with the key in it, as a person who has used it before finds it. */
  async function open(hash: string, options: WatchOptions = {}): Promise<Page> {
    const script = `sessionStorage.setItem("polyseme-key", "${KEY}");`;
    opened = await openWatched(browser, `${stack.http.url}/${hash}`, { script, ...options });
    return opened.page;
  }

  async function pushed(id: string, text: string): Promise<void> {
    const headers = { authorization: `Bearer ${KEY}` };
    const body = { documents: [{ id, text }] };
    const { body: answer } = await stack.http.call("POST", "/v1/collections/notes/documents", body, headers);
    await stack.http.call("GET", `/v1/tickets/${String(answer["ticket"])}?wait=30s`, undefined, headers);
  }

  test("is open to everybody, allows itself nothing from elsewhere, and its parts may be kept", async () => {
    const answer = await fetch(`${stack.http.url}/`);
    const html = await answer.text();
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(answer.headers.get("content-security-policy")).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; " +
        "frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
    expect(html).not.toMatch(/<style|style=|https?:/);
    const parts = [...html.matchAll(/(?:src|href)="\.(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? "");
    expect(parts).toHaveLength(3);
    for (const path of parts) {
      const part = await fetch(stack.http.url + path);
      await part.arrayBuffer();
      expect([part.status, part.headers.get("cache-control")]).toEqual([200, "public, max-age=31536000, immutable"]);
      expect(part.headers.get("x-content-type-options")).toBe("nosniff");
    }
    const missing = await stack.http.call("GET", "/assets/..%2f..%2fpackage.json");
    expect(missing).toMatchObject({ status: 404, body: { error: { code: "not_found" } } });
  });

  test("says what the server says, takes a key and keeps it for the browser's tab alone", async () => {
    opened = await openWatched(browser, `${stack.http.url}/`, { allowed: [REFUSED(401)] });
    const { page, faults } = opened;
    await page.getByRole("alert").getByText("unauthorized").first().waitFor();
    await page.getByLabel("API key").fill(KEY);
    await page.getByRole("button", { name: "Use" }).click();
    await page.locator(".in-words b").waitFor();
    await page.reload();
    await page.locator(".in-words b").waitFor();
    expect(await page.evaluate("localStorage.length + document.cookie.length")).toBe(0);
    expect(page.url()).not.toContain(KEY);
    expect(faults).toEqual([]);
  });

  test("shows at once that apple is one static vector and two contextual ones, with the server's numbers", async () => {
    const page = await open("");
    const words = await page.locator(".in-words p").first().innerText();
    const [, contextual = ""] =
      /^apple in both sentences: static similarity 1, one and the same vector; contextual similarity (0\.\d\d)\.$/.exec(
        words,
      ) ?? [];
    expect([words, Number(contextual) < 0.7]).toEqual([words, true]);
    const [first, second] = await Promise.all([inspect(0), inspect(1)]);
    expect(contextual).toBe(cosineOf(first, second).toFixed(2));
    expect(await page.locator(".shape").allInnerTexts()).toEqual([
      `[1, ${first.length}, 384]`,
      `[1, ${second.length}, 384]`,
    ]);
    for (const map of ["Static", "Contextual"])
      expect(await page.getByRole("grid", { name: map }).locator("td[data-row]").count()).toBe(
        (first.length + second.length) ** 2,
      );
    // What came later took the place that was kept for it.
    expect(await page.evaluate<number>(SHIFTED)).toBeLessThan(0.1);
    expect(opened?.faults).toEqual([]);
  });

  test("is used with the keyboard alone: the tabs, the lens with its maps, a search", async () => {
    await pushed("tides", "The moon pulls the sea, and the water rises twice a day.");
    const page = await open("", { allowed: [REFUSED(501)] });
    const { keyboard } = page;
    await page.locator(".in-words p").first().waitFor();
    await tabTo(page, `focused.name === "first"`);
    await keyboard.press("ControlOrMeta+A");
    await keyboard.type("The bank of the river.");
    await keyboard.press("Tab");
    await keyboard.press("ControlOrMeta+A");
    await keyboard.type("The bank lends money.");
    await keyboard.press("Enter");
    await page.getByText("bank in both sentences").waitFor();
    await tabTo(page, `focused.role === "gridcell"`);
    const readout = page.locator(".readout");
    expect(await readout.innerText()).toMatch(/^“bank” \(1\) and “bank” \(2\): static 1, contextual 0\.\d\d$/);
    for (const key of ["End", "ArrowLeft"]) await keyboard.press(key);
    expect(await readout.innerText()).toMatch(/^“bank” \(1\) and “\.” \(2\): static -?0\.\d\d, contextual -?0\.\d\d$/);
    expect(page.url()).toContain("#/lens?first=The+bank+of+the+river.&second=");

    await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)");
    await page.reload();
    await page.getByText("bank in both sentences").waitFor();
    await tabTo(page, `focused.id === "tab-lens"`);
    await keyboard.press("ArrowRight");
    expect(await page.evaluate("document.activeElement.id")).toBe("tab-search");
    await tabTo(page, `focused.name === "query"`);
    await keyboard.type("why is there ebb and flow");
    await keyboard.press("Enter");
    await page.getByRole("heading", { name: "tides" }).waitFor();
    expect(await page.locator(".hit-text").first().innerText()).toContain("The moon pulls the sea");
    expect(opened?.faults).toEqual([]);
  });

  test("shows a hostile text as the text it is, pushed and found, and the states on the way", async () => {
    const page = await open("#/push", { allowed: [REFUSED(501)] });
    await page.getByLabel(/^Id /).fill('<b onclick="alert(3)">id</b>');
    await page.getByLabel(/^Title /).fill("<svg onload=alert(4)>");
    await page.getByRole("textbox", { name: "Text" }).fill(HOSTILE);
    await page.getByRole("button", { name: "Push" }).click();
    const states = page.locator(".states li");
    await page.locator(".state-stored").waitFor();
    for (const state of await states.allInnerTexts()) expect(state).toMatch(/^(queued|embedding|stored) \d+ ms$/);
    expect(await states.first().innerText()).toBe("queued 0 ms");
    await keepPicture(page, "push-stored");
    await page.getByRole("link", { name: "Search for it" }).click();
    await page.getByRole("heading", { name: "<svg onload=alert(4)>" }).waitFor();
    expect(await page.locator(".hit-text", { hasText: "onerror" }).innerText()).toBe(HOSTILE);
    expect(await page.locator(".hit img, .hit script, .hit b[onclick], .hit svg").count()).toBe(0);
    expect(opened?.faults).toEqual([]);
  });

  test("says why a document was refused or failed", async () => {
    const page = await open("#/push");
    await page.getByLabel(/^Id /).fill("blank");
    await page.getByRole("textbox", { name: "Text" }).fill(" \n ");
    await page.getByRole("button", { name: "Push" }).click();
    await page.getByRole("alert").getByText(/text/).first().waitFor();
    await page.route("**/documents/failing", (route) =>
      route.fulfill({
        json: { state: "failed", error: { code: "encode_failed", message: "The model <i>refused</i>." } },
      }),
    );
    await page.getByLabel(/^Id /).fill("failing");
    await page.getByRole("textbox", { name: "Text" }).fill("A text.");
    await page.getByRole("button", { name: "Push" }).click();
    await page.getByText("The model <i>refused</i>. encode_failed").waitFor();
    expect(opened?.faults).toEqual([]);
  });

  test("marks what each word of the query met, and its share, when the server explains", async () => {
    const text = "A <i>sweet</i> apple 🍎.";
    const page = await open("");
    await page.route("**/search", (route) => route.fulfill({ json: explainedHit(text, 40) }));
    await page.goto(`${stack.http.url}/#/search?collection=notes&query=sweet+fruit`);
    await page.getByRole("heading", { name: "An explained <b>hit</b>" }).waitFor();
    expect(await page.locator(".hit-text").innerText()).toBe(text);
    expect(await page.locator(".hit-text mark").allInnerTexts()).toEqual(["sweet", "apple"]);
    expect(await page.locator(".met button").allInnerTexts()).toEqual([
      "sweet → sweet0.62 · 38 %",
      "fruit → apple0.81 · 63 %",
    ]);
    await page.getByRole("button", { name: /^fruit/ }).focus();
    expect(await page.locator("mark.chosen").allInnerTexts()).toEqual(["apple"]);
    expect(await page.locator(".special-tokens").innerText()).toBe(
      "Of the score beside the words: [CLS] 0.04, [SEP] 0.03",
    );
    expect(opened?.faults).toEqual([]);
  });

  test("shows a word's senses as a picture and in words, and walks through its uses", async () => {
    const page = await open("");
    await page.route("**/senses?*", (route) => route.fulfill({ json: appleSenses() }));
    await page.goto(`${stack.http.url}/#/senses?collection=notes&word=apple`);
    await page.getByText("5 uses of apple, 2 senses.").waitFor();
    expect(await page.locator(".side-by-side .figure").allInnerTexts()).toEqual(["0.83", "0.41", "1", "1"]);
    expect(await page.locator(".sense").first().locator("mark").allInnerTexts()).toEqual(["apple", "apple", "apple"]);
    await page.locator(".point").first().focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press("ArrowRight");
    expect((await page.locator(".scatter-readout").innerText()).trim()).toBe(
      "Apple released a new laptop in autumn. c1",
    );
    expect(opened?.faults).toEqual([]);
  });

  test("passes axe in the light and in the dark, and fits a phone, in all its parts", async () => {
    for (const look of [
      { name: "light", colorScheme: "light", viewport: { width: 1280, height: 900 } },
      { name: "dark", colorScheme: "dark", viewport: { width: 1280, height: 900 } },
      { name: "phone", colorScheme: "light", viewport: { width: 360, height: 740 } },
    ] as const) {
      const page = await open("", { look: { colorScheme: look.colorScheme, viewport: look.viewport } });
      await page.route("**/senses?*", (route) => route.fulfill({ json: appleSenses() }));
      await page.route("**/search", (route) => route.fulfill({ json: explainedHit("A sweet apple.", 0) }));
      for (const [part, hash, sign] of [
        ["lens", "#/lens", ".maps"],
        ["search", "#/search?collection=notes&query=x", ".hit"],
        ["senses", "#/senses?collection=notes&word=apple", ".scatter"],
        ["push", "#/push", ".push"],
      ] as const) {
        await page.goto(`${stack.http.url}/${hash}`);
        await page.locator(`${sign}:visible`).first().waitFor();
        const width = await page.evaluate(
          "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)",
        );
        expect([look.name, part, width]).toEqual([look.name, part, 0]);
        expect([look.name, part, ...(await accessibilityFaults(page))]).toEqual([look.name, part]);
        await keepPicture(page, `${part}-${look.name}`);
      }
      const paper = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      expect([look.name, paper]).toEqual([look.name, look.name === "dark" ? "rgb(20, 22, 26)" : "rgb(251, 250, 247)"]);
      expect(opened?.faults).toEqual([]);
      await opened?.close();
    }
  });

  /** The contextual vectors of a default sentence's tokens, and which of them is "apple". */
  async function inspect(sentence: 0 | 1): Promise<{ readonly length: number; readonly apple: number[] }> {
    const text = ["I baked an apple pie.", "Apple released its new laptop."][sentence];
    const { body } = await stack.http.call("POST", "/v1/inspect", { text }, { authorization: `Bearer ${KEY}` });
    const tokens = body["tokens"] as { text: string }[];
    const vectors = body["contextual"] as number[][];
    return { length: tokens.length, apple: vectors[tokens.findIndex(({ text: token }) => token === "apple")] ?? [] };
  }
});

function cosineOf({ apple: a }: { apple: number[] }, { apple: b }: { apple: number[] }): number {
  const dot = (x: number[], y: number[]): number => x.reduce((sum, value, i) => sum + value * (y[i] ?? 0), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
