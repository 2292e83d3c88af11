import { makeRowSums, NO_TOKENS, unpackTokens, type Section } from "@polyseme/core";
import { findModel, openEncoder, type Encoder } from "@polyseme/encoder";
import type { EmbeddedChunk } from "@polyseme/store";
import { makeFormsOf } from "@polyseme/words";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chunkDocument } from "./chunk-document.ts";
import { embedDocument } from "./embed-document.ts";
import { rechunk } from "./follow/rechunk.ts";
import { makeTokenPermits } from "./token-permits.ts";

let encoder: Encoder;
beforeAll(async () => {
  encoder = await openEncoder({ folder: (await findModel("all-MiniLM-L6-v2")).folder, threads: 1 });
});
afterAll(() => encoder.close());

const chunking = { maxTokens: 32, overlapTokens: 0, strategy: "sentence" } as const;
const STORED = { ...NO_TOKENS, tokenVectors: "int8" } as const;
const LATE = { ...STORED, lateChunking: true } as const;

const embed = (
  document: { text: string; sections?: readonly Section[] },
  tokens: Parameters<typeof embedDocument>[1]["tokens"] = NO_TOKENS,
): Promise<EmbeddedChunk[]> =>
  embedDocument(document, { chunking, tokens, language: "en" }, encoder, makeTokenPermits(65_536), {
    flow: { key: "test", weight: 1 },
    signal: new AbortController().signal,
  });

const encode = async (text: string): Promise<Float32Array | undefined> => {
  const [tokens] = await encoder.tokenize([text]);
  return (await encoder.encode(tokens?.ids ?? new Int32Array(), { wants: { embedding: true }, lane: "bulk" }))
    .embedding;
};

const product = (a: Float32Array | undefined, b: Float32Array | undefined): number =>
  (a ?? new Float32Array()).reduce((sum, value, i) => sum + value * (b?.[i] ?? 0), 0);

const FIRST = "It lends money to farmers.\n";
const SECOND = "It was flooded in spring, and the meadows with it.\n";
const SECTIONS = [
  { start: 0, context: "Finance > The bank" },
  { start: FIRST.length, context: "Rivers > The bank" },
];
const DOCUMENT = { text: FIRST + SECOND, sections: SECTIONS };

describe("a document with sections", () => {
  test("has chunks of their own for them, whose vectors are those of context and text in one", async () => {
    const chunks = await embed(DOCUMENT);
    expect(chunks.map(({ start, end, text }) => [start, end, text])).toEqual([
      [0, FIRST.length, FIRST],
      [FIRST.length, DOCUMENT.text.length, SECOND],
    ]);
    expect(product(chunks[0]?.embedding, await encode(`Finance > The bank\n${FIRST}`))).toBeGreaterThan(0.999_99);
    expect(product(chunks[1]?.embedding, await encode(`Rivers > The bank\n${SECOND}`))).toBeGreaterThan(0.999_99);
    expect(product(chunks[0]?.embedding, await encode(FIRST))).toBeLessThan(0.95);
  });

  test("has the same vector for the same text under the same context, and another under another", async () => {
    const same = await embed({
      text: `Something else.\n\n${SECOND}`,
      sections: [{ start: 17, context: "Rivers > The bank" }],
    });
    const [, second] = await embed(DOCUMENT);
    expect(same[1]?.embedding).toEqual(second?.embedding);
    const other = await embed({ text: SECOND, sections: [{ start: 0, context: "Finance > The bank" }] });
    expect(other[0]?.embedding).not.toEqual(second?.embedding);
    const none = await embed({ text: SECOND, sections: [{ start: 0 }] });
    expect(none[0]?.embedding).toEqual((await embed({ text: SECOND }))[0]?.embedding);
  });

  test("keeps vectors and forms of the chunk's own words alone, which saw the context", async () => {
    const [own] = await embed(DOCUMENT, STORED);
    const [bare] = await embed({ text: FIRST }, STORED);
    const units = unpackTokens(own?.units?.packed ?? Buffer.of(), 0);
    const without = unpackTokens(bare?.units?.packed ?? Buffer.of(), 0);
    expect(units.units).toEqual(without.units);
    expect(own?.units?.forms).toEqual(bare?.units?.forms);
    expect(own?.units?.forms).not.toContain("financ");
    expect(own?.tokens).toBe(bare?.tokens);
    expect([...units.values]).not.toEqual([...without.values]);
    const [tokens] = await encoder.tokenize([`Finance > The bank\n${FIRST}`]);
    const { contextual } = await encoder.encode(tokens?.ids ?? new Int32Array(), {
      wants: { contextual: true },
      lane: "bulk",
    });
    const money = [...(tokens?.starts ?? [])].indexOf(`Finance > The bank\nIt lends `.length);
    const wanted = contextual?.subarray(money * 384, (money + 1) * 384);
    const got = Float32Array.from(units.values.subarray(768, 1_152), (value) => value * (units.scales[2] ?? 0));
    expect(product(wanted, got) / Math.hypot(...(wanted ?? [])) / Math.hypot(...got)).toBeGreaterThan(0.999);
  });

  test("lets late chunks begin at sections, without reading the contexts", async () => {
    const chunks = await embed(DOCUMENT, LATE);
    expect(chunks.map(({ text }) => text)).toEqual([FIRST, SECOND]);
    const renamed = await embed(
      { ...DOCUMENT, sections: SECTIONS.map(({ start }) => ({ start, context: "Another" })) },
      LATE,
    );
    expect(renamed).toEqual(chunks);
  });

  test("keeps its sections when its chunks are made anew from stored token vectors", async () => {
    const text = `${FIRST.repeat(6)}${SECOND.repeat(6)}`;
    const document = { text, sections: [{ start: 0 }, { start: FIRST.length * 6, context: "B" }] };
    const stored = (await embed(document, LATE)).map(({ start, units }) => {
      const packed = units?.packed ?? Buffer.of();
      return { start, packed };
    });
    const settings = {
      chunking: { ...chunking, maxTokens: 48 },
      tokens: LATE,
      formsOf: makeFormsOf("en"),
      sums: makeRowSums(),
      specialTokens: 2,
      rows: "copied",
    } as const;
    const chunks = rechunk(document, stored, settings) ?? [];
    expect(chunks.map((chunk) => chunk.text).join("")).toBe(text);
    expect(chunks.some(({ start }) => start === FIRST.length * 6)).toBe(true);
    expect(chunks.length).toBeLessThan(stored.length);
  });

  test("has a part for signs that are no tokens, and a chunk for each section that has some", async () => {
    const text = "\u200b\u200bOne.\u200b\u200bTwo.";
    const sections = [{ start: 0 }, { start: 2 }, { start: 6 }, { start: 8 }];
    const chunks = await embed({ text, sections }, LATE);
    expect(chunks.map((chunk) => chunk.text).join("")).toBe(text);
    expect(chunks.every(({ embedding }) => Math.abs(Math.hypot(...embedding) - 1) < 1e-5)).toBe(true);
  });
});

describe("a context", () => {
  test("that is longer than a quarter of a chunk is cut at its beginning, at a word", async () => {
    const context = `${"outermost ".repeat(20)}> the nearest heading of all`;
    const [chunk] = await chunkDocument({ text: "Short.", sections: [{ start: 0, context }] }, chunking, encoder);
    const words = [...(chunk?.context ?? [])].map((id) => encoder.tokenText(id));
    expect(words).toHaveLength(8);
    expect(words.slice(-5)).toEqual(["the", "nearest", "heading", "of", "all"]);
    expect(words[0]).not.toMatch(/^##/);
  });

  test("and the text of its chunk are together within the tokens allowed, whatever they are", async () => {
    const word = fc.constantFrom(
      "river ",
      "bank ",
      "Donaudampfschifffahrt ",
      "日本",
      "😀",
      "\n\n",
      ". ",
      "3.14 ",
      "नमस्ते ",
    );
    const anyText = fc.array(word, { minLength: 1, maxLength: 150 }).map((words) => `a ${words.join("")}`);
    const contexts = fc.option(fc.array(word, { minLength: 1, maxLength: 20 }).map((words) => words.join("")));
    await fc.assert(
      fc.asyncProperty(
        anyText,
        fc.array(fc.tuple(fc.nat(600), contexts), { maxLength: 6 }),
        fc.integer({ min: 16, max: 48 }),
        fc.nat(24),
        async (text, places, maxTokens, overlap) => {
          const byStart = new Map(places.map(([at, context]) => [at % text.length, context] as const));
          const sections = [...byStart]
            .filter(([start]) => !/[\uDC00-\uDFFF]/.test(text.charAt(start)))
            .sort(([a], [b]) => a - b)
            .map(([start, context]) => (context === null ? { start } : { start, context }));
          const overlapTokens = Math.min(overlap, Math.floor(maxTokens / 2));
          const chunks = await chunkDocument({ text, sections }, { ...chunking, maxTokens, overlapTokens }, encoder);
          let end = 0;
          for (const chunk of chunks) {
            expect(chunk.start).toBeLessThanOrEqual(end);
            expect(chunk.end).toBeGreaterThan(end);
            end = chunk.end;
            expect(chunk.text).toBe(text.slice(chunk.start, chunk.end));
            expect(chunk.tokens.ids.length + chunk.context.length).toBeLessThanOrEqual(maxTokens);
            expect(chunk.context.length).toBeLessThanOrEqual(maxTokens / 4);
            const crossed = sections.filter(({ start }) => start > chunk.start && start < chunk.end);
            for (const { start } of crossed) {
              const next = sections.find((section) => section.start > start)?.start ?? text.length;
              const before = text.slice(chunk.start, start).trim();
              // White space alone has no chunk of its own.
              expect(before === "" || text.slice(start, Math.min(next, chunk.end)).trim() === "").toBe(true);
            }
          }
          expect(end).toBe(text.length);
        },
      ),
      { numRuns: 100 },
    );
  });
});
