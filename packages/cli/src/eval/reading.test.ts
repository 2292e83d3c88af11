import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readQuestions } from "./read-questions.ts";
import { readUses } from "./uses.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "polyseme-eval-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Writes a file of these lines and gives its path; what is no text is written as JSON. */
async function write(name: string, lines: readonly unknown[]): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return path;
}

describe("questions as NDJSON", () => {
  test("come with a list of documents or with grades, an id or none, and the place of the answer", async () => {
    const path = await write("q.jsonl", [
      { query: "one", relevant: ["a", "b"] },
      "",
      { id: "second", query: "two", relevant: { a: 2, c: 0 }, answer: { docId: "a", quote: "so" } },
      { query: "three", relevant: { c: 0 } },
    ]);
    const { questions, withoutRelevant } = await readQuestions(path, undefined);
    expect(questions).toEqual([
      { id: "q.jsonl:1", query: "one", grades: new Map([["a", 1], ["b", 1]]), answers: [] }, // prettier-ignore
      { id: "second", query: "two", grades: new Map([["a", 2], ["c", 0]]), answers: [{ docId: "a", quote: "so" }] }, // prettier-ignore
    ]);
    expect(withoutRelevant).toBe(1);
  });

  test("have all their faults named by file and line", async () => {
    const path = await write("q.jsonl", [
      { query: "fine", relevant: ["a"] },
      "{not json",
      "[1]",
      { relevant: ["a"] },
      { query: " ", relevant: ["a"] },
      { query: "x", relevant: [] },
      { query: "x", relevant: { a: -1 } },
      { query: "x", relevant: ["a"], answer: { docId: "a" } },
      { id: "twin", query: "x", relevant: ["a"] },
      { id: "twin", query: "y", relevant: ["a"] },
    ]);
    const message = await readQuestions(path, undefined).then(
      () => "",
      (error: unknown) => (error as Error).message,
    );
    expect(
      message
        .split("\n")
        .slice(1)
        .map((line) => line.trim()),
    ).toEqual([
      expect.stringMatching(/^q\.jsonl:2: The line is not JSON/),
      "q.jsonl:3: A document must be a JSON object.",
      'q.jsonl:4: "query" is missing.',
      'q.jsonl:5: "query" must be a text that is not empty.',
      'q.jsonl:6: "relevant" must be a list of document ids or an object {"document id": grade}.',
      'q.jsonl:7: The grade of "a" must be a number from 0 up.',
      'q.jsonl:8: "answer" must be {"docId": …, "quote": …}, or a list of such.',
      'q.jsonl:10: "id" "twin" is that of q.jsonl:9, too.',
    ]);
  });

  test("are refused when none can be answered or the file is not there", async () => {
    const path = await write("q.jsonl", [{ query: "x", relevant: { a: 0 } }]);
    await expect(readQuestions(path, undefined)).rejects.toThrow("no question with a relevant document");
    await expect(readQuestions(`${path}.none`, undefined)).rejects.toThrow("There are no labelled data at");
  });
});

describe("questions in BEIR's layout", () => {
  const queries = [
    { _id: "q1", text: "one" },
    { _id: "q2", text: "two" },
    { _id: "q3", text: "not judged" },
  ];
  const header = "query-id\tcorpus-id\tscore";

  test("are those that the split judges, with their grades", async () => {
    await write("queries.jsonl", queries);
    await write("qrels/dev.tsv", [header, "q3\td9\t1"]);
    await write("qrels/test.tsv", [header, "q1\td1\t1", "q1\td2\t2", "q2\td1\t0", ""]);
    const set = await readQuestions(folder, undefined);
    expect(set.questions.map(({ id, grades }) => [id, [...grades]])).toEqual([
      ["q1", [["d1", 1], ["d2", 2]]], // prettier-ignore
    ]);
    expect(set.withoutRelevant).toBe(1);
    expect((await readQuestions(folder, "dev")).questions.map(({ query }) => query)).toEqual(["not judged"]);
    await expect(readQuestions(folder, "train")).rejects.toThrow('no split "train" but dev, test');
  });

  test("need no header and no split when there is one file", async () => {
    await write("queries.jsonl", queries);
    await write("qrels/mine.tsv", ["q1\td1\t1"]);
    expect((await readQuestions(folder, undefined)).questions).toHaveLength(1);
  });

  test("have faults of both files named by file and line", async () => {
    await write("queries.jsonl", [...queries, { _id: "q4" }, { _id: "q1", text: "again" }]);
    await write("qrels/test.tsv", [header, "q1 d1 1", "q1\td1\tone", "q9\td1\t1", "q1\td1\t1\tx"]);
    await expect(readQuestions(folder, undefined)).rejects.toThrow(
      [
        'queries.jsonl:4: "text" is missing.',
        'queries.jsonl:5: "_id" "q1" is there twice.',
        "qrels/test.tsv:2: The line must be query-id TAB corpus-id TAB score.",
        "qrels/test.tsv:3: The line must be query-id TAB corpus-id TAB score.",
        'qrels/test.tsv:4: queries.jsonl has no query "q9".',
        "qrels/test.tsv:5: The line must be query-id TAB corpus-id TAB score.",
      ]
        .map((line) => `  ${line}`)
        .join("\n"),
    );
  });

  test("are refused in a folder without qrels", async () => {
    await write("queries.jsonl", queries);
    await expect(readQuestions(folder, undefined)).rejects.toThrow("needs queries.jsonl and qrels/*.tsv");
  });
});

describe("labelled uses of words", () => {
  test("have their word's place found, in the plural and by a given span, too", async () => {
    const path = await write("u.jsonl", [
      { word: "bank", text: "Embankments and a Bank.", sense: "money" },
      { word: "bank", text: "Two banks.", sense: "money" },
      { word: "mouse", text: "Three mice.", sense: "animal", span: [6, 10] },
    ]);
    const { uses, heldOut } = await readUses(path);
    expect(uses.map(({ text, start, end }) => text.slice(start, end))).toEqual(["Bank", "banks", "mice"]);
    expect(heldOut).toBe("one out");
  });

  test("are held out by their split when all have one", async () => {
    const line = { word: "bank", text: "a bank", sense: "money" };
    const path = await write("u.jsonl", [{ ...line, split: "train" }, { ...line, split: "test" }]); // prettier-ignore
    expect((await readUses(path)).heldOut).toBe("given");
  });

  test("have all their faults named by file and line", async () => {
    const line = { word: "bank", text: "a bank", sense: "money" };
    const path = await write("u.jsonl", [
      { ...line, split: "train" },
      { ...line, text: "no such word" },
      { ...line, span: [2] },
      { ...line, span: [2, 9] },
      { ...line, split: "dev" },
      { word: "bank", text: "a bank" },
      line,
    ]);
    await expect(readUses(path)).rejects.toThrow(
      [
        'u.jsonl:2: The text does not hold the word "bank". Give its "span".',
        'u.jsonl:3: "span" must be [start, end].',
        'u.jsonl:4: "span" must lie in the text, which has 6 characters.',
        'u.jsonl:5: "split" must be "train" or "test".',
        'u.jsonl:6: "sense" is missing.',
        'u.jsonl:7: Either every line has a "split" or none.',
      ]
        .map((each) => `  ${each}`)
        .join("\n"),
    );
  });
});
