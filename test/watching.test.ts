import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from "vitest";
import { waitUntil } from "./support/http.ts";
import { docxOf } from "./support/made-files.ts";
import { runCliHere, startCli, type CliProcess } from "./support/run-cli.ts";
import { startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
/** On a quiet machine every change is there so soon; the best of some is asked of a busy one. */
const SEARCHABLE_MS = 2_000;

describe.skipIf(databaseUrl === null || redisUrl === null)("polyseme ingest of a folder", () => {
  let stack: TestStack;
  let place = "";
  let folder = "";
  let cli: CliProcess | undefined;
  beforeAll(async () => {
    stack = await startServerStack(databaseUrl ?? "", redisUrl ?? "");
  });
  afterAll(() => stack.stop());
  afterEach(async () => {
    await cli?.end("SIGKILL");
    cli = undefined;
    await rm(place, { recursive: true, force: true });
  });

  async function makeFolder(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
    place = await mkdtemp(join(tmpdir(), "watching-"));
    folder = join(place, "docs");
    for (const [name, content] of Object.entries(files)) {
      await mkdir(join(folder, name, ".."), { recursive: true });
      await writeFile(join(folder, name), content);
    }
  }

  const settings = (): Record<string, string> => ({
    POLYSEME_URL: stack.http.url,
    POLYSEME_DATA_DIR: join(place, "data"),
  });
  const ingest = async (...argv: string[]): Promise<Record<string, unknown>> => {
    const { out } = await runCliHere(["ingest", ...argv, "--json"], settings());
    return JSON.parse(out) as Record<string, unknown>;
  };
  /** Searches run the encoder too, so between them documents are counted. */
  const runs = (): Promise<number> => stack.http.metric("polyseme_encoder_runs_total");
  const embedded = (): Promise<number> => stack.http.metric("polyseme_documents_finished_total");
  const textOf = async (collection: string, id: string): Promise<unknown> =>
    (await stack.http.call("GET", `/v1/collections/${collection}/documents/${encodeURIComponent(id)}`)).body["text"];
  const found = async (collection: string, query: string): Promise<string[]> =>
    (await stack.http.search(collection, { query, k: 10 })).map(({ chunk }) => chunk.text);

  test("watched: what is changed, added and removed is followed, and nothing unchanged is embedded again", async () => {
    await makeFolder({
      "a.md": "# A\n\nThe harbour was full of ships.",
      "b.txt": "Bees make honey.",
      "sub/c.html": "<h1>C</h1><p>Bread is baked in an oven.",
      ".gitignore": "*.tmp.md\n",
    });
    cli = startCli(["ingest", folder, "--watch", "-c", "watched"], settings());
    await cli.until("Watching for changes");
    const before = await embedded();

    const times: Record<string, number> = {};
    const timed = async (name: string, file: string, content: string | Uint8Array, text: string): Promise<void> => {
      const startedMs = performance.now();
      await writeFile(join(folder, file), content);
      await waitUntil(`${name} is found`, async () => (await found("watched", text)).some((hit) => hit.includes(text)));
      times[name] = Math.round(performance.now() - startedMs);
    };
    await timed("changed .md", "a.md", "# A\n\nThe orchestra played a symphony.", "The orchestra played a symphony.");
    await mkdir(join(folder, "new"));
    await timed("new .txt", "new/d.txt", "A glacier moves slowly.", "A glacier moves slowly.");
    await timed("changed .html", "sub/c.html", "<p>Tax returns are due in May.", "Tax returns are due in May.");
    await timed("new .docx", "e.docx", docxOf(["Volcanoes erupt."]), "Volcanoes erupt.");
    console.log(`[watching] ms from the change of a file until it is found: ${JSON.stringify(times)}`);
    expect(Math.min(...Object.values(times))).toBeLessThan(SEARCHABLE_MS);
    const changes = Object.keys(times).length;
    expect((await embedded()) - before).toBe(changes);

    await writeFile(join(folder, "left-out.tmp.md"), "never sent");
    await utimes(join(folder, "b.txt"), new Date(), new Date());
    await rm(join(folder, "new"), { recursive: true });
    await waitUntil("the removed file is gone", async () => (await textOf("watched", "new/d.txt")) === undefined);
    expect(await textOf("watched", "left-out.tmp.md")).toBeUndefined();
    expect(await textOf("watched", "b.txt")).toBe("Bees make honey.");
    expect(await cli.end("SIGINT")).toBe(0);

    const atEnd = await runs();
    expect(await ingest(folder, "-c", "watched")).toMatchObject({ read: 0, lookedAt: 4, untouched: 4 });
    expect(await runs()).toBe(atEnd);
  });

  test("deletes what the source gave and has no more, and nothing that is somebody else's", async () => {
    await makeFolder({ "a.md": "one", "b.md": "two", "c.md": "three", "rows.csv": "id,text\nr1,first\nr2,second\n" });
    const other = join(place, "other");
    await mkdir(other);
    await writeFile(join(other, "c.md"), "three");
    expect(await ingest(folder, "-c", "kept")).toMatchObject({ accepted: 5, lookedAt: 4 });
    await ingest(other, "-c", "kept");
    const pushed = await stack.http.push("kept", [
      { id: "b.md", text: "changed by a client" },
      { id: "own", text: "of a client" },
    ]);
    await stack.http.settled(pushed.ticket);
    for (const name of ["a.md", "b.md", "c.md"]) await rm(join(folder, name));
    await writeFile(join(folder, "rows.csv"), "id,text\nr2,second\n");

    const plan = await ingest(folder, "-c", "kept", "--delete-missing", "--dry-run");
    expect(plan).toMatchObject({ wouldSend: 1, wouldDelete: 4, missing: ["a.md", "b.md", "c.md", "r1"] });
    expect(await textOf("kept", "a.md")).toBe("one");
    expect(await ingest(folder, "-c", "kept", "--delete-missing")).toMatchObject({ deleted: 2, kept: 2, unchanged: 1 });
    expect(await textOf("kept", "a.md")).toBeUndefined();
    expect(await textOf("kept", "r1")).toBeUndefined();
    for (const [id, text] of [
      ["b.md", "changed by a client"],
      ["c.md", "three"],
      ["r2", "second"],
      ["own", "of a client"],
    ])
      expect([id, await textOf("kept", id ?? "")]).toEqual([id, text]);
  });

  test("asks before a big share of a source is deleted, and does not trust a record that the server disagrees with", async () => {
    await makeFolder(Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`${n}.md`, `number ${n}`])));
    await ingest(folder, "-c", "share");
    await rm(folder, { recursive: true });
    await mkdir(folder);
    await expect(ingest(folder, "-c", "share", "--delete-missing")).rejects.toThrow("--delete-missing --yes");
    expect(await textOf("share", "3.md")).toBe("number 3");
    expect(await ingest(folder, "-c", "share", "--delete-missing", "--yes")).toMatchObject({ deleted: 12 });

    await writeFile(join(folder, "a.md"), "alpha");
    await ingest(folder, "-c", "share");
    await stack.http.call("DELETE", "/v1/collections/share/documents/a.md");
    expect(await ingest(folder, "-c", "share")).toMatchObject({ accepted: 1, untouched: 0 });
    await stack.http.call("DELETE", "/v1/collections/share");
    expect(await ingest(folder, "-c", "share")).toMatchObject({ accepted: 1, untouched: 0 });
    expect((await readdir(join(place, "data/sources"))).length).toBe(2);
  });

  test("sends what can be read, names what cannot, and ends with a failure", async () => {
    await makeFolder({ "good.md": "readable", "bad.pdf": "no PDF", "bad.docx": "no archive" });
    const cliRun = startCli(["ingest", folder, "-c", "mixed"], settings());
    expect(await cliRun.end()).toBe(1);
    expect(cliRun.output()).toMatch(/not taken .*\(bad\.pdf\): invalid/);
    expect(cliRun.output()).toMatch(/not taken .*\(bad\.docx\): invalid/);
    expect(await textOf("mixed", "good.md")).toBe("readable");
  });
});
