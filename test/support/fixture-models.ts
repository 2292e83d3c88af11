import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** What sentence-transformers says of a text. */
export interface GoldenText {
  readonly text: string;
  readonly prompt?: "query" | "document";
  readonly ids: readonly number[];
  readonly embedding: readonly number[];
}

const FOLDER = fileURLToPath(new URL("../fixtures/models", import.meta.url));

/** Names of the small models of random weights that test/fixtures/models/make.py made. */
export function fixtureModels(): string[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
}

export function fixtureModel(name: string): string {
  return `${FOLDER}/${name}`;
}

export function goldenTexts(name: string): GoldenText[] {
  return readFileSync(`${fixtureModel(name)}/golden.jsonl`, "utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as GoldenText);
}
