import type { Environment } from "@polyseme/core";
import type { Browser, Page } from "playwright-core";
import { expect } from "vitest";
import { accessibilityFaults, keepPicture, launchBrowser, openWatched } from "./browser.ts";
import type { WatchedPage, WatchOptions } from "./browser.ts";
import { startEmbeddedStack, type TestStack } from "./stack.ts";

/** The browser's own line for an answer that is an error; what the page makes of it is tested. */
export const REFUSED = (status: number): RegExp => new RegExp(`Failed to load resource: .* status of ${status}`);

const KEY = "key-of-the-page";

/** A stack of its own and a browser, with the page opened in it as somebody who has entered the key before. */
export interface PageBrowser {
  readonly stack: TestStack;
  /** Calls the server beside the page, with the same key. */
  call(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>;
  open(hash: string, options?: WatchOptions): Promise<Page>;
  /** Closes what is open and says what it did that it must not. */
  close(): Promise<readonly string[]>;
  /** In the light, in the dark and on a phone: fits, has no serious fault of accessibility, and is kept as a picture. */
  expectGoodLooks(name: string, hash: string, sign: string, prepare?: (page: Page) => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** Transitions are off: axe would measure a colour on its way from one to the other. */
const LOOKS = [
  { name: "light", colorScheme: "light", viewport: { width: 1_280, height: 800 } },
  { name: "dark", colorScheme: "dark", viewport: { width: 1_280, height: 800 } },
  { name: "phone", colorScheme: "light", viewport: { width: 390, height: 780 } },
  { name: "narrow", colorScheme: "dark", viewport: { width: 360, height: 740 } },
] as const;

export async function startPageBrowser(
  executable: string,
  start: (settings: Environment) => Promise<TestStack> = startEmbeddedStack,
): Promise<PageBrowser> {
  const [stack, browser] = await Promise.all([start({ POLYSEME_API_KEYS: KEY }), launchBrowser(executable)]);
  // Here rather than in the first test: where its sources have changed it is built for this.
  await (await fetch(stack.http.url)).text();
  return makePageBrowser(stack, browser);
}

function makePageBrowser(stack: TestStack, browser: Browser): PageBrowser {
  let opened: WatchedPage | undefined;
  const open: PageBrowser["open"] = async (hash, options = {}) => {
    const script = `sessionStorage.setItem("polyseme-key", "${KEY}");${options.script ?? ""}`;
    opened = await openWatched(browser, `${stack.http.url}/${hash}`, { ...options, script });
    return opened.page;
  };
  const close: PageBrowser["close"] = async () => {
    const faults = opened?.faults ?? [];
    await opened?.close();
    opened = undefined;
    return faults;
  };
  return {
    stack,
    open,
    close,
    async call(method, path, body) {
      const { status, body: answer } = await stack.http.call(method, path, body, { authorization: `Bearer ${KEY}` });
      if (status >= 400) throw new Error(`${method} ${path} answered ${status}: ${JSON.stringify(answer)}`);
      return answer;
    },
    async expectGoodLooks(name, hash, sign, prepare) {
      const page = await open(hash);
      await page.locator(`${sign}:visible`).first().waitFor();
      await prepare?.(page);
      for (const { name: look, colorScheme, viewport } of LOOKS) {
        await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
        await page.setViewportSize(viewport);
        const beyond = await page.evaluate(
          "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)",
        );
        await keepPicture(page, `${name}-${look}`);
        expect([look, beyond]).toEqual([look, 0]);
        expect([look, ...(await accessibilityFaults(page))]).toEqual([look]);
      }
      expect(await close()).toEqual([]);
    },
    async stop() {
      await browser.close();
      await stack.stop();
    },
  };
}
