import { embedTexts, type Encoder } from "@polyseme/encoder";
import type { Reference } from "./reference.ts";

/** One text as the model here has it, beside its reference. */
export interface CheckedText {
  readonly text: string;
  readonly prompt: "query" | "document" | undefined;
  readonly tokens: number;
  /** Whether its token ids are the reference's; undefined: that has none. */
  readonly sameIds: boolean | undefined;
  /** With the reference, encoded alone and with all the others in padded batches. */
  readonly alone: number;
  readonly batched: number;
}

export interface Check {
  readonly texts: readonly CheckedText[];
  readonly alone: Figures;
  readonly batched: Figures;
  readonly ids: { readonly compared: number; readonly different: number };
  /** The largest difference between a number of an embedding made alone and the same one made in a batch. */
  readonly mostDifference: number;
}

/** Of cosines. */
export interface Figures {
  readonly mean: number;
  readonly min: number;
}

type Part = Pick<Encoder, "info" | "tokenizeIds" | "encode">;

/**
 * The model's token ids and embeddings beside the references.
 * @throws Error when a reference has another number of dimensions; PolysemeError as the encoder does
 */
export async function compareWithReferences(
  encoder: Part,
  references: readonly Reference[],
  { signal, onText }: { readonly signal: AbortSignal; readonly onText: () => void },
): Promise<Check> {
  const { info } = encoder;
  const odd = references.find(({ embedding }) => embedding.length !== info.dimensions);
  if (odd !== undefined)
    throw new Error(
      `The reference of ${JSON.stringify(odd.text.slice(0, 60))} has ${odd.embedding.length} dimensions, and ${info.name} ` +
        `gives ${info.dimensions}. Compare with the same model, cut to as many.`,
    );
  const read = references.map(({ text, prompt }) => (prompt === undefined ? "" : info.prompts[prompt]) + text);
  const tokenised = await encoder.tokenizeIds(read);
  const batched = await embedTexts(encoder, read, { lane: "bulk", signal });
  const texts: CheckedText[] = [];
  let mostDifference = 0;
  for (const [i, { text, prompt, ids, embedding }] of references.entries()) {
    // Nothing else waits while this one runs, so it is a batch of its own.
    const [alone = new Float32Array()] = await embedTexts(encoder, [read[i] ?? ""], { lane: "bulk", signal });
    const together = batched[i] ?? new Float32Array();
    const own = tokenised[i]?.ids ?? new Int32Array();
    mostDifference = Math.max(mostDifference, largestDifference(alone, together));
    texts.push({
      text,
      prompt,
      tokens: own.length,
      sameIds: ids === undefined ? undefined : ids.length === own.length && ids.every((id, at) => id === own[at]),
      alone: cosine(embedding, alone),
      batched: cosine(embedding, together),
    });
    onText();
  }
  const compared = texts.filter(({ sameIds }) => sameIds !== undefined);
  return {
    texts,
    alone: figuresOf(texts.map((text) => text.alone)),
    batched: figuresOf(texts.map((text) => text.batched)),
    ids: { compared: compared.length, different: compared.filter(({ sameIds }) => sameIds === false).length },
    mostDifference,
  };
}

function figuresOf(cosines: readonly number[]): Figures {
  return { mean: cosines.reduce((sum, one) => sum + one, 0) / cosines.length, min: Math.min(...cosines) };
}

function cosine(one: readonly number[], other: Float32Array): number {
  let dot = 0;
  let own = 0;
  let its = 0;
  for (const [i, value] of other.entries()) {
    const beside = one[i] ?? 0;
    dot += value * beside;
    own += value * value;
    its += beside * beside;
  }
  return dot / Math.sqrt(own * its);
}

function largestDifference(one: Float32Array, other: Float32Array): number {
  return one.reduce((most, value, i) => Math.max(most, Math.abs(value - (other[i] ?? NaN))), 0);
}
