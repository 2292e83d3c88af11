import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { haveChromium } from "../../infra/local/chromium.ts";

const log = (line: string): void => void process.stderr.write(`[browser] ${line}\n`);

/** The path of a real Chromium; undefined: this machine has none, which is said, and the tests that need it are skipped. */
export async function chromiumHere(): Promise<string | undefined> {
  return haveChromium({ log }).catch((error: unknown) => {
    if (process.env["CI"] === "true") throw error;
    log(
      `CHROMIUM NOT AVAILABLE: ${error instanceof Error ? error.message : String(error)} Tests of the page are skipped.`,
    );
    return undefined;
  });
}

export function launchBrowser(executablePath: string): Promise<Browser> {
  return chromium.launch({
    executablePath,
    headless: true,
    args: [
      "--no-sandbox",
      // Whatever a browser does by itself would be taken for the page's doing.
      "--disable-background-networking",
      "--disable-component-update",
      "--no-first-run",
    ],
  });
}

/** A page under watch, from before its first request on. */
export interface WatchedPage {
  readonly page: Page;
  /** What it must not do: requests to elsewhere, errors in the console, exceptions, breaches of its policy. */
  readonly faults: string[];
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly look?: BrowserContextOptions;
  /** Faults that a test asks for: a browser writes a line into its console for every answer that is an error. */
  readonly allowed?: readonly RegExp[];
  /** Run in the page before anything of its own. */
  readonly script?: string;
}

export async function openWatched(
  browser: Browser,
  url: string,
  { look = {}, allowed = [], script = "" }: WatchOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext(look);
  const page = await context.newPage();
  const faults: string[] = [];
  const note = (fault: string): void => {
    if (!allowed.some((pattern) => pattern.test(fault))) faults.push(fault);
  };
  page.on("request", (request) => {
    if (new URL(request.url()).origin !== new URL(url).origin && !request.url().startsWith("data:"))
      note(`request to ${request.url()}`);
  });
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") note(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => {
    note(`exception: ${error.message}`);
  });
  page.on("dialog", (dialog) => {
    note(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.exposeFunction("noteBreach", (breach: string) => {
    note(`policy: ${breach}`);
  });
  await page.addInitScript(
    `addEventListener("securitypolicyviolation", (e) => noteBreach(e.violatedDirective + " " + e.blockedURI));${script}`,
  );
  await page.goto(url);
  return { page, faults, close: () => context.close() };
}

/** Pictures of the page, kept for people to look at; git ignores them. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const folder = fileURLToPath(new URL("../../test-artefacts/page", import.meta.url));
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}

interface AxeResults {
  readonly violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[];
}

/** What axe-core finds that is serious or critical, a line each. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
  // Put there by the debugger, which the page's policy does not bind.
  await page.evaluate(source);
  const { violations } = await page.evaluate<AxeResults>("axe.run(document, { resultTypes: ['violations'] })");
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, impact, nodes }) =>
        `${impact} ${id}: ${nodes[0]?.html} ${nodes[0]?.failureSummary ?? ""} (${nodes.length})`,
    );
}

const MOST_STOPS = 40;

/** Presses the tab key until this is true of the element that has the focus, as who has no mouse does. */
export async function tabTo(page: Page, isThere: string): Promise<void> {
  for (let i = 0; i < MOST_STOPS; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate<boolean>(`((focused) => ${isThere})(document.activeElement)`)) return;
  }
  throw new Error(`The tab key leads to nothing of which this is true: ${isThere}`);
}
