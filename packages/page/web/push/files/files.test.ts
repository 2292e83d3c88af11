import { expect, test } from "vitest";
import { ServerError } from "../../server.ts";
import { csvRows } from "./csv-rows.ts";
import { fileDocuments, type FileItem } from "./file-documents.ts";
import { kindOf } from "./file-kind.ts";
import { batchesOf, pushFile } from "./push-file.ts";
import type { FileProgress } from "./progress.ts";
import { readLines } from "./read-lines.ts";
import { makeSlots } from "./slots.ts";

async function* cutAnywhere(text: string, every = 3): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += every) yield await Promise.resolve(text.slice(at, at + every));
}

async function all<T>(from: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of from) found.push(one);
  return found;
}

const read = (name: string, text: string): Promise<FileItem[]> =>
  all(fileDocuments(new File([text], name), () => undefined));

test("lines come whole whatever the pieces, numbered as in the file, without blank ones", async () => {
  expect(await all(readLines(cutAnywhere("one\r\n\n  \ntwo\nlast")))).toEqual([
    { line: "one", number: 1 },
    { line: "two", number: 4 },
    { line: "last", number: 5 },
  ]);
  await expect(all(readLines(cutAnywhere("x".repeat(20)), 10))).rejects.toThrow("Line 1");
});

test("cells may hold commas, line ends and quotes, and a quote without end is an error", async () => {
  const text = '\uFEFFid,text\r\n1,"a, ""b""\nc"\r\n\r\n2,plain\n3,';
  expect(await all(csvRows(cutAnywhere(text, 2)))).toEqual([
    ["id", "text"],
    ["1", 'a, "b"\nc'],
    ["2", "plain"],
    ["3", ""],
  ]);
  await expect(all(csvRows(cutAnywhere('a\n"b')))).rejects.toThrow("no end");
});

test("a row is a document by the names of the header; a header without text is a problem", async () => {
  const [first, second] = await read("pets.csv", "id,text,kind\n7,A cat.,animal\n,A dog.,\n");
  expect([first, second].map((item) => item?.kind === "document" && (JSON.parse(item.line) as unknown))).toEqual([
    { id: "7", text: "A cat.", metadata: { kind: "animal" } },
    { id: "pets.csv#2", text: "A dog.", metadata: {} },
  ]);
  expect(await read("pets.csv", "name\nx\n")).toMatchObject([{ kind: "problem", message: /"text"; it has: name/ }]);
});

test("a list of documents in JSON gives each, a Markdown file is one with its heading as the title", async () => {
  expect(await read("a.json", '{"documents":[{"id":"1"},{"id":"2"}]}')).toEqual([
    { kind: "document", line: '{"id":"1"}', origin: "entry 1" },
    { kind: "document", line: '{"id":"2"}', origin: "entry 2" },
  ]);
  const [file] = await read("guide.md", "Intro\n\n# The title #\n\ntext");
  expect(file?.kind === "document" && JSON.parse(file.line)).toMatchObject({ id: "guide.md", title: "The title" });
  await expect(read("scan.pdf", "x")).rejects.toThrow("polyseme ingest");
  expect([kindOf("A.TXT"), kindOf("a"), kindOf("dir.md/a")]).toEqual(["text", undefined, undefined]);
});

test("a batch is bounded by documents and by characters, and a large document goes alone", async () => {
  async function* items(sizes: readonly number[]): AsyncGenerator<FileItem> {
    for (const size of sizes) yield await Promise.resolve({ kind: "document", line: "x".repeat(size), origin: "" });
  }
  expect((await all(batchesOf(items(Array<number>(1_001).fill(1))))).map((batch) => batch.length)).toEqual([
    500, 500, 1,
  ]);
  expect((await all(batchesOf(items([5, 3_000_000, 5])))).map((batch) => batch.length)).toEqual([1, 1, 1]);
});

test("no more than so many work at once, and who leaves holds no place", async () => {
  const slots = makeSlots(1);
  const leaving = new AbortController();
  let release: () => void = () => undefined;
  const first = slots(new AbortController().signal, () => new Promise<void>((resolve) => (release = resolve)));
  const gone = slots(leaving.signal, () => Promise.resolve("never"));
  const third = slots(new AbortController().signal, () => Promise.resolve("third"));
  leaving.abort(new Error("left"));
  await expect(gone).rejects.toThrow("left");
  release();
  await first;
  expect(await third).toBe("third");
});

test("a file's documents are counted once each, those refused with their line and field", async () => {
  const seen: FileProgress[] = [];
  const rejected = [{ index: 1, id: "b", code: "unusable_text", field: "text", message: "blank" }];
  const status = { total: 2, stored: 1, failed: 0, pending: 1, deleted: 0, tokens: 1, failures: [] };
  await pushFile("notes", new File(['{"id":"a"}\n\n{"id":"b"}\n{"id":"c"}'], "x.jsonl"), {
    server: {
      lines: <T>() => Promise.resolve({ ticket: "t", accepted: 2, unchanged: 0, rejected } as T),
      async *watch() {
        yield await Promise.resolve(status);
        yield { ...status, stored: 2, pending: 0 };
      },
    },
    sending: makeSlots(1),
    watching: makeSlots(1),
    signal: new AbortController().signal,
    onProgress: (progress) => seen.push(progress),
  });
  expect(seen.at(-1)).toMatchObject({
    state: "done",
    sent: 2,
    stored: 2,
    refused: [{ origin: "line 3", id: "b", code: "unusable_text", field: "text" }],
  });
});

test("what a server refuses for good ends the file with its words", async () => {
  const seen: FileProgress[] = [];
  await pushFile("notes", new File(["a"], "x.txt"), {
    server: {
      lines: () => Promise.reject(new ServerError("forbidden", "no")),
      watch: () => Promise.reject(new Error("not asked")) as never,
    },
    sending: makeSlots(1),
    watching: makeSlots(1),
    signal: new AbortController().signal,
    onProgress: (progress) => seen.push(progress),
  });
  expect(seen.at(-1)).toMatchObject({ state: "failed", error: { message: "no", code: "forbidden" } });
});
