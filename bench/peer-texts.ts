import { openEncoder } from "@polyseme/encoder";
import { readCorpus } from "./texts.ts";

/** A: short pages of like length. B: paragraphs, short and long ones mixed. */
export const TEXT_SETS = ["A", "B"] as const;
export type TextSet = (typeof TEXT_SETS)[number];

export interface PeerTexts {
  readonly set: TextSet;
  readonly texts: readonly string[];
  /** Of all texts, special ones counted. */
  readonly tokens: number;
}

const PAGES = 1_500;
const PARAGRAPHS = 400;
const PARAGRAPH_CHARACTERS = { least: 80, most: 1_200 };

/** Texts cut beforehand to what the model takes, so that everybody gets the same strings and nobody cuts. */
export async function readPeerTexts(sharedDir: string, folder: string, set: TextSet): Promise<PeerTexts> {
  const texts = set === "A" ? readCorpus(sharedDir, "tldr", PAGES).map(({ text }) => text) : paragraphs(sharedDir);
  const encoder = await openEncoder({ folder, threads: 1 });
  try {
    const cut = (await encoder.tokenize(texts)).map(({ ends }, index) =>
      (texts[index] ?? "").slice(
        0,
        ends.reduce((most, end) => Math.max(most, end), 0),
      ),
    );
    const tokens = (await encoder.tokenize(cut)).reduce((sum, { ids }) => sum + ids.length, 0);
    return { set, texts: cut, tokens };
  } finally {
    await encoder.close();
  }
}

/** Spread evenly over the book. */
function paragraphs(sharedDir: string): string[] {
  const all = readCorpus(sharedDir, "rust-book")
    .flatMap(({ text }) => text.split(/\n\s*\n/))
    .map((text) => text.trim())
    .filter(({ length }) => length >= PARAGRAPH_CHARACTERS.least && length <= PARAGRAPH_CHARACTERS.most);
  return Array.from({ length: PARAGRAPHS }, (_, index) => all[Math.floor((index * all.length) / PARAGRAPHS)] ?? "");
}
