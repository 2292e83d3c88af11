import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What sentence-transformers says of a text. */
export interface GoldenText {
  readonly text: string;
  readonly prompt?: "query" | "document";
  readonly ids: readonly number[];
  readonly embedding: readonly number[];
}

/** What sentence-transformers' CrossEncoder says of a query with a text. */
export interface GoldenPair {
  readonly query: string;
  readonly text: string;
  readonly ids: readonly number[];
  readonly types: readonly number[];
  readonly logit: number;
  readonly score: number;
}

/** What PyLate says of a query or a document. */
export interface GoldenTokens {
  readonly kind: "query" | "document";
  readonly text: string;
  readonly ids: readonly number[];
  /** How many of the first tokens others see. */
  readonly attended: number;
  /** 1 for each token that is compared. */
  readonly kept: readonly number[];
  /** Of those, at length 1. */
  readonly vectors: readonly (readonly number[])[];
}

const FOLDER = fileURLToPath(new URL("../fixtures/models", import.meta.url));

/** Names of the small models of random weights that test/fixtures/models/make.py made. */
export function fixtureModels(): string[] {
  return allModels().filter((name) => !name.startsWith("cross-") && !name.startsWith("colbert-"));
}

/** Those of them that score pairs, which test/fixtures/models/make_cross.py made. */
export function crossModels(): string[] {
  return allModels().filter((name) => name.startsWith("cross-"));
}

/** Those of them whose texts are compared token by token, which test/fixtures/models/make_colbert.py made. */
export function lateModels(): string[] {
  return allModels().filter((name) => name.startsWith("colbert-"));
}

function allModels(): string[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

export function fixtureModel(name: string): string {
  return `${FOLDER}/${name}`;
}

export function goldenTexts(name: string): GoldenText[] {
  return goldenOf(fixtureModel(name)) as GoldenText[];
}

export function goldenPairs(name: string): GoldenPair[] {
  return goldenOf(fixtureModel(name)) as GoldenPair[];
}

export function goldenTokens(name: string): GoldenTokens[] {
  return goldenOf(fixtureModel(name)) as GoldenTokens[];
}

/** What its library says of each text, as the folder of a made model holds it. */
export function goldenOf(folder: string): unknown[] {
  const lines = readFileSync(`${folder}/golden.jsonl`, "utf8").split("\n");
  return lines.filter((line) => line !== "").map((line): unknown => JSON.parse(line));
}
