import { appendFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isBigShare } from "../ingest/delete-missing.ts";
import { isSure } from "../ingest/file-pass.ts";
import { digestDocument, hasContent } from "./digest.ts";
import { SourceRecord } from "./source-record.ts";

const OF = { collection: "c", createdAt: "2026-01-01", source: "folder:/x" };

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "record-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a record", () => {
  it("is the same when it is opened again, also after its last line was cut off", async () => {
    const record = await SourceRecord.open(folder, OF);
    record.set("a", {
      documents: [
        ["1", "x"],
        ["2", "y"],
      ],
    });
    record.set("b", { documents: [["3", "z"]] });
    record.set("a", { documents: [["1", "x2"]] });
    record.drop("b");
    record.setState({ after: "9" });
    await record.flush();
    const [name = ""] = await readdir(folder);
    await appendFile(join(folder, name), '{"key":"c","ent');
    const again = await SourceRecord.open(folder, OF);
    expect([...again.keys()]).toEqual(["a"]);
    expect(again.documents).toBe(1);
    expect(again.orphans()).toEqual([
      ["2", "y"],
      ["3", "z"],
    ]);
    expect(again.state).toEqual({ after: "9" });
  });

  it("does not take a document for missing that came from one place and comes from another now", async () => {
    const record = await SourceRecord.open(folder, OF);
    record.set("a", { documents: [["1", "x"]] });
    record.set("b", { documents: [["1", "x"]] });
    record.drop("a");
    expect(record.orphans()).toEqual([]);
  });

  it("of another life of the collection is another one", async () => {
    const record = await SourceRecord.open(folder, OF);
    record.set("a", { documents: [["1", "x"]] });
    await record.flush();
    expect((await SourceRecord.open(folder, { ...OF, createdAt: "2027" })).documents).toBe(0);
    const neighbour = await SourceRecord.open(folder, { ...OF, source: "folder:/y" });
    expect([...(await neighbour.givenElsewhere(new Set(["1", "2"])))]).toEqual(["1"]);
  });

  it("does not grow without end", async () => {
    const record = await SourceRecord.open(folder, OF);
    for (let round = 0; round < 30; round += 1) {
      for (let n = 0; n < 1_000; n += 1) record.set(String(n), { documents: [[String(n), String(round)]] });
      await record.flush();
    }
    const [name = ""] = await readdir(folder);
    const lines = (await readFile(join(folder, name), "utf8")).split("\n").length;
    expect(lines).toBeLessThan(14_000);
    const again = await SourceRecord.open(folder, OF);
    expect([again.documents, again.get("7")]).toEqual([1_000, { documents: [["7", "29"]] }]);
  });
});

it("a digest knows text and title again, whatever the metadata", () => {
  const digest = digestDocument({ id: "1", text: "t", title: "T", metadata: { a: 1 } });
  expect(hasContent(digest, "t", "T")).toBe(true);
  expect(hasContent(digest, "t", null)).toBe(false);
  expect(digestDocument({ text: "t", title: "T", metadata: { a: 2 } })).not.toBe(digest);
});

it("a file is known by size and times only when they are older than the look at it", () => {
  const now = { size: 1, mtimeMs: 5_000, ctimeMs: 5_000 };
  expect(isSure({ ...now, seenMs: 10_000 }, now)).toBe(true);
  expect(isSure({ ...now, seenMs: 6_000 }, now)).toBe(false);
  expect(isSure({ ...now, seenMs: 10_000 }, { ...now, ctimeMs: 6_000 })).toBe(false);
});

it("a fifth of a source is a big share, a handful is not", () => {
  expect([isBigShare(10, 10), isBigShare(11, 12), isBigShare(20, 100), isBigShare(21, 100)]).toEqual([
    false,
    true,
    false,
    true,
  ]);
});
