import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { packTokens, tokenVectors, unpackTokens } from "@polyseme/core";
import { poolUnits, unitVectors, wordNumbers, wordUnits, type Encoder } from "@polyseme/encoder";
import type { BenchContext } from "../context.ts";
import type { Figure } from "../report.ts";
import { openBenchEncoder } from "./vectors.ts";

const USES = fileURLToPath(new URL("../../test/fixtures/senses.jsonl", import.meta.url));
const FACTORS = [2, 3] as const;
/** Points of accuracy that pooling by 2 may cost. */
const MOST_LOSS = 1;
/** How the sentences lie in the store: alone, or so many of them mixed in a chunk. */
const LAYOUTS = [1, 8] as const;
/** A step without a common factor with most counts visits every use, those of a word apart. */
const STEP = 89;

interface Use {
  readonly word: string;
  readonly text: string;
  readonly sense: string;
}

interface StoredUse extends Use {
  readonly chunk: number;
  /** As somebody who asks has it: of the sentence alone, neither packed nor pooled. */
  readonly asked: Float32Array;
  readonly stored: Float32Array;
}

/**
 * What sharing vectors costs a search for senses: for each labelled use, whether the nearest use of the word in
 * another chunk, by its stored vector, has the same sense. In points of accuracy against vectors that are packed but not shared.
 */
export async function pooledSenseFigures(context: BenchContext): Promise<Figure[]> {
  const given = context.options["senses"];
  const file = typeof given === "string" ? given : USES;
  if (!existsSync(file)) {
    context.log(`${file} is not there: senses are left out`);
    return [];
  }
  const uses = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Use);
  const encoder = await openBenchEncoder();
  try {
    const figures: Figure[] = [];
    for (const layout of LAYOUTS) figures.push(...(await figuresOf(encoder, uses, layout)));
    return figures;
  } finally {
    await encoder.close();
  }
}

async function figuresOf(encoder: Encoder, uses: readonly Use[], layout: number): Promise<Figure[]> {
  const name = layout === 1 ? "senses, a sentence a chunk" : `senses, ${layout} sentences a chunk`;
  const own = accuracy(await store(encoder, uses, layout, 1));
  const figures: Figure[] = [
    { name: `${name}: nearest use right`, unit: `% of ${uses.length}`, values: [100 * own], kind: "ratio" },
  ];
  for (const factor of FACTORS)
    figures.push({
      name: `${name}: lost by pooling by ${factor}`,
      unit: "points",
      values: [100 * (own - accuracy(await store(encoder, uses, layout, factor)))],
      kind: "ratio",
      ...(factor === 2 ? { reach: { atMost: MOST_LOSS } } : { better: "lower" }),
    });
  return figures;
}

async function store(encoder: Encoder, uses: readonly Use[], layout: number, factor: number): Promise<StoredUse[]> {
  const mixed = uses.map((_, i) => uses[(i * STEP) % uses.length]).filter((use) => use !== undefined);
  const all: StoredUse[] = [];
  for (let from = 0; from < mixed.length; from += layout) {
    const inChunk = mixed.slice(from, from + layout);
    const chunk = await encodeWords(encoder, inChunk.map(({ text }) => text).join(" "), factor);
    let origin = 0;
    for (const use of inChunk) {
      const at = placeOf(use);
      const alone = await encodeWords(encoder, use.text, undefined);
      all.push({ ...use, chunk: from, asked: alone(at), stored: chunk(origin + at) });
      origin += use.text.length + 1;
    }
  }
  return all;
}

function placeOf({ word, text }: Use): number {
  return new RegExp(String.raw`\b${word}\b`, "i").exec(text)?.index ?? text.toLowerCase().indexOf(word.toLowerCase());
}

/** The vector of the word at a place in the text; as the store gives it back where it is pooled by a factor. */
async function encodeWords(
  encoder: Encoder,
  text: string,
  factor: number | undefined,
): Promise<(at: number) => Float32Array> {
  const { dimensions } = encoder.info;
  const [tokens] = await encoder.tokenize([text]);
  if (tokens === undefined || tokens.truncated) throw new Error(`Too long for one chunk: ${text}`);
  const { contextual } = await encoder.encode(tokens.ids, { wants: { contextual: true }, lane: "bulk" });
  if (contextual === undefined) throw new Error("The encoder gave no vectors of tokens");
  const units = wordUnits(text, tokens);
  let vectors = unitVectors(units, contextual, dimensions);
  let { rows } = units;
  if (factor !== undefined) {
    const pooled = poolUnits({ pieces: units.pieces, words: wordNumbers(text, units) }, vectors, dimensions, factor);
    const packed = packTokens({ ...units, rows: pooled.rows }, pooled.vectors, {
      precision: "int8",
      dimensions,
      origin: 0,
    });
    const unpacked = unpackTokens(packed, 0);
    vectors = tokenVectors(unpacked);
    rows = unpacked.units.rows;
  }
  return (at) => {
    const unit = units.starts.findIndex((start, i) => start <= at && at < (units.ends[i] ?? 0));
    if (unit < 0) throw new Error(`There is no word at ${at} of: ${text}`);
    const row = (rows[unit] ?? 0) * dimensions;
    return vectors.subarray(row, row + dimensions);
  };
}

function accuracy(uses: readonly StoredUse[]): number {
  const right = uses.filter((use) => nearest(use, uses)?.sense === use.sense);
  return right.length / uses.length;
}

function nearest(use: StoredUse, uses: readonly StoredUse[]): StoredUse | undefined {
  let best: { use: StoredUse; cosine: number } | undefined;
  for (const other of uses) {
    // Nor another of its own chunk: where they share a vector, that holds what was asked with.
    if (other.chunk === use.chunk || other.word !== use.word) continue;
    const likeness = cosine(use.asked, other.stored);
    if (best === undefined || likeness > best.cosine) best = { use: other, cosine: likeness };
  }
  return best?.use;
}

function cosine(a: Float32Array, b: Float32Array): number {
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const [x, y] = [a[i] ?? 0, b[i] ?? 0];
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return product / Math.sqrt(squaresA * squaresB);
}
