import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findFiles } from "./find-files.ts";
import { documentOfRow, readCsv } from "./read-csv.ts";
import { readNdjson } from "./read-ndjson.ts";
import { readSources } from "./read-sources.ts";
import { firstHeading } from "./read-text.ts";
import { kindOfFile } from "./file-kinds.ts";
import type { SourceItem } from "./source.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sources-"));
  const files = {
    "a.md": "intro\n\n## The title ##\n\ntext",
    "sub/b.txt": "plain",
    "sub/c.PDF": "%PDF",
    "sub/photo.jpg": "x",
    "node_modules/no.md": "x",
    ".hidden/no.md": "x",
    "other/sub/b.txt": "the same id, from another root",
    "latin.txt": Buffer.from([0xe4, 0xf6]),
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, ".."), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function collect(items: AsyncIterable<SourceItem>): Promise<SourceItem[]> {
  const all: SourceItem[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* inParts(text: string | Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  const bytes = Buffer.from(text);
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

describe("kindOfFile", () => {
  it("knows files by their ending", () => {
    expect(["x.jsonl", "x.CSV", "a.b.md", "x.html", "x.ts", "x.exe", "Makefile", "a/.md"].map(kindOfFile)).toEqual([
      "ndjson",
      "csv",
      "text",
      "html",
      "text",
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("findFiles", () => {
  it("walks folders without hidden ones and node_modules, ids relative to the folder", async () => {
    const { files, skipped } = await findFiles([folder]);
    expect(files.map(({ id }) => id)).toEqual(["a.md", "latin.txt", "other/sub/b.txt", "sub/b.txt", "sub/c.PDF"]);
    expect(skipped).toBe(1);
  });

  it("refuses what is not there and what is no source", async () => {
    await expect(findFiles([join(folder, "none")])).rejects.toThrow("There is no file or folder");
    await expect(findFiles([join(folder, "sub/photo.jpg")])).rejects.toThrow("is no source");
  });
});

describe("readSources", () => {
  it("reads text with the first heading as title, and reports what it cannot read", async () => {
    const { files } = await findFiles([folder]);
    const items = await collect(readSources(files));
    expect(items[0]).toMatchObject({ document: { id: "a.md", title: "The title", metadata: { file: "a.md" } } });
    expect(items.map((item) => ("problem" in item ? item.problem.code : "ok"))).toEqual([
      "ok",
      "unusable_text",
      "ok",
      "ok",
      "invalid",
    ]);
  });

  it("does not let one file replace another of the same id", async () => {
    const { files } = await findFiles([join(folder, "sub"), join(folder, "other/sub")]);
    const items = await collect(readSources(files));
    expect(items.at(-1)).toMatchObject({ problem: { code: "conflict", id: "b.txt" } });
  });
});

describe("readNdjson", () => {
  it.each([1, 7, 1_000])("reads a document a line in parts of %i bytes", async (size) => {
    const text = `\uFEFF{"id":"ä"}\r\n\n{"id":"line\u2028separator"}\n[1]\n{"id":\n{"id":"last"}`;
    const items = await collect(readNdjson(inParts(text, size), "f"));
    expect(items).toMatchObject([
      { document: { id: "ä" }, origin: "f:1" },
      { document: { id: "line\u2028separator" }, origin: "f:3" },
      { problem: { origin: "f:4", message: "A document must be a JSON object." } },
      { problem: { origin: "f:5", code: "invalid" } },
      { document: { id: "last" }, origin: "f:6" },
    ]);
  });

  it("reports a line that is not UTF-8", async () => {
    const [item] = await collect(readNdjson(inParts(Uint8Array.from([0x22, 0xe4, 0x22]), 9), "f"));
    expect(item).toMatchObject({ problem: { message: "The line is not UTF-8." } });
  });
});

describe("readCsv", () => {
  it("maps columns, numbers rows without id, and keeps the rest as metadata", async () => {
    const text = '\uFEFFid, text ,title,year,empty\n1,"a, ""b""\nc",T,1999,\n,zwei,,,\n';
    expect(await collect(readCsv(inParts(text, 5), "f.csv"))).toEqual([
      { document: { id: "1", text: 'a, "b"\nc', title: "T", metadata: { year: "1999" } }, origin: "f.csv, row 1" },
      { document: { id: "f.csv#2", text: "zwei", metadata: {} }, origin: "f.csv, row 2" },
    ]);
  });

  it("says which column is missing and where the CSV breaks off", async () => {
    expect(await collect(readCsv(inParts("id,body\n1,x\n", 99), "f"))).toMatchObject([
      { problem: { message: 'The header needs a column "text"; it has: id, body.' } },
    ]);
    const broken = await collect(readCsv(inParts('id,text\n1,x\n2,"open\n', 99), "f"));
    expect(broken).toMatchObject([{ document: { id: "1" } }, { problem: { origin: "f", code: "invalid" } }]);
  });

  it("reports a file that cannot be read", async () => {
    const items = await collect(
      readSources([{ path: join(folder, "gone.csv"), id: "gone.csv", kind: "csv" as const }]),
    );
    expect(items).toMatchObject([{ problem: { id: "gone.csv", code: "invalid" } }]);
  });

  it("takes empty cells as not there", () => {
    expect(documentOfRow({ id: "", text: "", title: "", a: "" }, "r")).toEqual({ id: "r", text: "", metadata: {} });
  });
});

it("finds the first heading", () => {
  expect(firstHeading("no heading")).toBeUndefined();
  expect(firstHeading("#no\n# Yes #\n# Later")).toBe("Yes");
});
