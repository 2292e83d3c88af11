import { openPostgres, type Database } from "@polyseme/store";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { chromiumHere } from "./support/browser.ts";
import { startPageBrowser, type PageBrowser } from "./support/page-browser.ts";
import { startServerStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const executable = await chromiumHere();
const FAILED = 55;

describe.skipIf(executable === undefined || databaseUrl === null || redisUrl === null)("failures on the page", () => {
  let browser: PageBrowser;
  let database: Database;
  beforeAll(async () => {
    browser = await startPageBrowser(executable ?? "", (settings) =>
      startServerStack(databaseUrl ?? "", redisUrl ?? "", settings),
    );
    const { environment } = browser.stack;
    database = openPostgres(environment["DATABASE_URL"] ?? "", { maxConnections: 2, onIdleError: () => undefined });
  });
  afterEach(async () => {
    expect(await browser.close()).toEqual([]);
  });
  afterAll(async () => {
    await database.close();
    await browser.stop();
  });

  /** Documents that ended as if the encoder had refused them, although it can encode them: another try stores them. */
  async function pushAndFail(collection: string, ids: readonly string[], code: string): Promise<void> {
    const documents = ids.map((id) => ({ id, text: `The text of ${id}.` }));
    const { ticket } = await browser.call("POST", `/v1/collections/${collection}/documents`, { documents });
    await browser.call("GET", `/v1/tickets/${String(ticket)}?wait=30s`);
    await database.query(
      `update polyseme_store.documents set state = 'failed', failed_at = now(), error_code = $2,
         error_message = 'The encoder said <no> to ' || id, stored_revision = revision - 1
       where id = any($1)`,
      [ids, code],
    );
  }
  const stateOf = async (path: string) => (await browser.call("GET", `/v1/collections/${path}`))["state"];

  test("says so where there are none", async () => {
    const page = await browser.open("#/failures");
    await page.getByRole("heading", { name: "No failures" }).waitFor();
  });

  test("are counted by code, listed page by page, filtered, and tried again, one or all", async () => {
    await pushAndFail(
      "notes",
      Array.from({ length: FAILED }, (_, i) => `f${i}`),
      "encode_failed",
    );
    await pushAndFail("other", ["o"], "encoder_crashed");
    const page = await browser.open("#/failures");
    await page.getByRole("row", { name: `encode_failed ${FAILED}` }).waitFor();
    await page.getByRole("row", { name: "encoder_crashed 1" }).waitFor();
    await page.getByText(`50 of ${FAILED + 1} shown.`).waitFor();
    await page.getByRole("button", { name: "More" }).click();
    await page.getByText(`${FAILED + 1} of ${FAILED + 1} shown.`).waitFor();
    expect(await page.locator(".failure").count()).toBe(FAILED + 1);

    await page.getByRole("button", { name: "encoder_crashed" }).click();
    await page.getByText("1 of 1 shown.").waitFor();
    expect(page.url()).toContain("#/failures?code=encoder_crashed");
    expect(await page.locator(".failure .message").innerText()).toBe("The encoder said <no> to o");
    await page.getByRole("button", { name: "Try again: o" }).click();
    await page.getByText("1 document tried again.").waitFor();
    await expect.poll(() => stateOf("other/documents/o"), { timeout: 20_000 }).toBe("stored");
  });

  test("looks as it should", async () => {
    await browser.expectGoodLooks("failures", "#/failures", ".failure");
  });

  test("are tried again all at once, and are gone when that succeeds", async () => {
    const page = await browser.open("#/failures");
    await page.getByRole("combobox", { name: /^Collection/ }).selectOption("notes");
    await page.getByText(`50 of ${FAILED} shown.`).waitFor();
    await page.getByRole("button", { name: "Try these again" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Try these again" }).click();
    await page.getByText(`${FAILED} documents tried again.`).waitFor();
    await page.getByText("None of this collection and code.").waitFor();
    await expect.poll(() => stateOf("notes/documents/f0"), { timeout: 20_000 }).toBe("stored");
  });
});
