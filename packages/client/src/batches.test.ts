import { describe, expect, it } from "vitest";
import { batches, type Batch } from "./batches.ts";

async function collect(documents: Iterable<unknown>, limits: { documents: number; bytes: number }): Promise<Batch[]> {
  const all: Batch[] = [];
  for await (const batch of batches(documents, limits)) all.push(batch);
  return all;
}

describe("batches", () => {
  it("cuts at the number of documents and counts on", async () => {
    const all = await collect([1, 2, 3, 4, 5], { documents: 2, bytes: 1_000 });
    expect(all.map(({ firstIndex, documents }) => [firstIndex, documents])).toEqual([
      [0, 2],
      [2, 2],
      [4, 1],
    ]);
    expect(new TextDecoder().decode(all[0]?.bytes)).toBe("1\n2\n");
  });

  it("cuts at the bytes, counted in UTF-8, and sends a document above the limit alone", async () => {
    const all = await collect(["ää", "ä".repeat(20), "b", "c"], { documents: 100, bytes: 10 });
    expect(all.map(({ documents }) => documents)).toEqual([1, 1, 2]);
    expect(all.map(({ bytes }) => new TextDecoder().decode(bytes))).toEqual([
      '"ää"\n',
      `"${"ä".repeat(20)}"\n`,
      '"b"\n"c"\n',
    ]);
  });

  it("knows the ids in a batch, those of documents that have one", async () => {
    const all = await collect([{ id: "a" }, { id: 7 }, null, { id: "b" }, { id: "c" }], { documents: 4, bytes: 100 });
    expect(all.map(({ ids }) => [...ids])).toEqual([["a", "b"], ["c"]]);
  });

  it("says any text in any split as JSON does, also half of a surrogate pair and large ones", async () => {
    const texts = ["\ud800", "\u{1f600}".repeat(40_000), "漢".repeat(70_000), "plain", "\n\u2028"];
    const all = await collect(texts, { documents: 2, bytes: 1_000_000 });
    const said = all.map(({ bytes }) => new TextDecoder().decode(bytes)).join("");
    expect(said).toBe(texts.map((text) => `${JSON.stringify(text)}\n`).join(""));
  });

  it("keeps the place of what JSON cannot say, and gives nothing for nothing", async () => {
    const [batch] = await collect([undefined, 1], { documents: 5, bytes: 100 });
    expect(new TextDecoder().decode(batch?.bytes)).toBe("null\n1\n");
    expect(await collect([], { documents: 5, bytes: 100 })).toEqual([]);
  });
});
