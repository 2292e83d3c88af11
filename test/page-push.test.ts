import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { chromiumHere, tabTo } from "./support/browser.ts";
import { REFUSED, startPageBrowser, type PageBrowser } from "./support/page-browser.ts";

const executable = await chromiumHere();

const file = (name: string, text: string, mimeType = "text/plain") => ({ name, mimeType, buffer: Buffer.from(text) });

/** Lets files fall on the page as a hand with a mouse would. */
const DROP = `(files) => {
  const transfer = new DataTransfer();
  for (const { name, text } of files) transfer.items.add(new File([text], name));
  const zone = document.querySelector(".drop");
  for (const type of ["dragenter", "dragover", "drop"])
    zone.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}`;

describe.skipIf(executable === undefined)("pushing files on the page", () => {
  let browser: PageBrowser;
  beforeAll(async () => {
    browser = await startPageBrowser(executable ?? "");
  });
  afterEach(async () => {
    expect(await browser.close()).toEqual([]);
  });
  afterAll(() => browser.stop());

  test("takes files that are dropped, several at once, and follows each until it is stored", async () => {
    const page = await browser.open("#/push?collection=dropped");
    await page.getByText("Drop files here").waitFor();
    const lines = Array.from({ length: 40 }, (_, i) =>
      JSON.stringify({ id: `line-${i}`, text: `The tide of day ${i}.` }),
    );
    const files = [
      { name: "tides.txt", text: "The moon pulls the sea." },
      { name: "guide.md", text: "# The harbour guide\n\nBoats leave at dawn." },
      {
        name: "page.html",
        text: "<title>Gulls</title><nav>Menu</nav><main><p>Gulls follow</p><p>the boats.</p><script>alert(1)</script></main>",
      },
      { name: "days.jsonl", text: lines.join("\n") },
      { name: "boats.csv", text: 'id,text,kind\nb1,"A boat, with sails.",sail\n' },
    ];
    await page.evaluate(`(${DROP})(${JSON.stringify(files)})`);
    await page.getByText("5 of 5 files done, 44 documents stored.").waitFor();
    expect(await page.locator(".upload .badge").allInnerTexts()).toEqual(Array(5).fill("done"));
    const document = (id: string) => browser.call("GET", `/v1/collections/dropped/documents/${id}`);
    expect(await document("guide.md")).toMatchObject({ title: "The harbour guide", metadata: { file: "guide.md" } });
    expect(await document("page.html")).toMatchObject({ title: "Gulls", text: "Gulls follow\nthe boats." });
    expect(await document("b1")).toMatchObject({ text: "A boat, with sails.", metadata: { kind: "sail" } });
    expect(await document("line-39")).toMatchObject({ state: "stored" });
    await page.evaluate(`(${DROP})(${JSON.stringify(files.slice(0, 1))})`);
    await page.getByText("1 unchanged").waitFor();
  });

  test("shows what was refused with its line, code and field, and turns away what a browser cannot read", async () => {
    const page = await browser.open("#/push?collection=dropped");
    const lines = ['{"id":"good","text":"A good line."}', '{"id":"blank","text":" "}', "no json", '{"text":"no name"}'];
    await page.getByLabel("Files to push").setInputFiles([file("mixed.jsonl", lines.join("\n"))]);
    const upload = page.locator(".upload", { hasText: "mixed.jsonl" });
    await upload.getByText("1 sent · 1 stored · 3 refused").waitFor();
    const rows = await upload.locator("tbody tr").allInnerTexts();
    expect(rows.map((row) => row.split("\t").slice(0, 4))).toEqual([
      ["line 2", "blank", "unusable_text", "text"],
      ["line 3", "", "invalid", "line"],
      ["line 4", "", "invalid", "id"],
    ]);
    await page.getByLabel("Files to push").setInputFiles([file("scan.pdf", "%PDF", "application/pdf")]);
    await page.getByRole("alert").getByText("npx polyseme ingest FILE -c dropped").waitFor();
    expect(await page.locator(".upload").count()).toBe(1);
  });

  test("is reached with the keyboard: the button opens the chooser", async () => {
    const page = await browser.open("#/push?collection=dropped");
    await page.getByText("Drop files here").waitFor();
    // Listened for before the walk: a browser learns of it beside the key, and cancels a chooser that comes sooner.
    const opened = page.waitForEvent("filechooser");
    await tabTo(page, `focused.textContent === "Choose files"`);
    const [chooser] = await Promise.all([opened, page.keyboard.press("Enter")]);
    await chooser.setFiles([file("chosen.txt", "Chosen with the keyboard.")]);
    await page.getByText("1 of 1 file done, 1 document stored.").waitFor();
  });

  test("waits where the server has no room, says so, and goes on", async () => {
    const page = await browser.open("#/push?collection=dropped", { allowed: [REFUSED(429)] });
    let refusals = 0;
    await page.route("**/documents", async (route) => {
      refusals += 1;
      if (refusals > 1) return route.continue();
      const error = { code: "overloaded", message: "The backlog is full." };
      return route.fulfill({ status: 429, headers: { "retry-after": "1" }, json: { error } });
    });
    await page.getByLabel("Files to push").setInputFiles([file("late.txt", "Late but here.")]);
    await page.getByText("The backlog is full. Goes on in 1 s.").waitFor();
    await page.getByText("1 of 1 file done").waitFor();
    expect(await browser.call("GET", "/v1/collections/dropped/documents/late.txt")).toMatchObject({ state: "stored" });
  });

  test("streams a large file in batches and never holds much of it", async () => {
    const page = await browser.open("#/push?collection=large");
    // The load is this test's own: what is refused costs no encoder.
    const sizes: number[] = [];
    await page.route("**/documents", async (route) => {
      sizes.push(route.request().postDataBuffer()?.length ?? 0);
      await route.fulfill({ status: 202, json: { ticket: "t", accepted: 0, unchanged: 0, rejected: [] } });
    });
    const line = JSON.stringify({ id: "x", text: "word ".repeat(2_000) });
    await page.evaluate(`(${DROP})([{ name: "large.jsonl", text: ${JSON.stringify(`${line}\n`)}.repeat(2000) }])`);
    await page.getByText("1 of 1 file done").waitFor();
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(2_000 * (line.length + 1));
    expect(Math.max(...sizes)).toBeLessThanOrEqual(1.05 * 1_024 * 1_024);
  });

  test("looks as it should", async () => {
    await browser.expectGoodLooks("push-files", "#/push?collection=dropped", ".drop", async (page) => {
      const lines = '{"id":"good","text":"A good line."}\n{"id":"blank","text":" "}';
      await page
        .getByLabel("Files to push")
        .setInputFiles([file("mixed.jsonl", lines), file("tides.txt", "The moon pulls the sea.")]);
      await page.getByText("2 of 2 files done").waitFor();
    });
  });
});
