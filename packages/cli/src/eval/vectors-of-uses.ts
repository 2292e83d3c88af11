import { PolysemeRequestError, type Polyseme } from "@polyseme/client";
import { mean, type Vector } from "../vectors.ts";
import { mapAtOnce } from "./at-once.ts";
import type { Use } from "./uses.ts";

/** The vectors of a use's word: the means over its tokens. */
export interface UseVectors {
  /** As the model sees the word in this text. */
  readonly contextual: Vector;
  /** Of the model's input table: the same in every text that has the word in the same form. */
  readonly static: Vector;
}

export interface UseVectorsOptions {
  /** Undefined: the server's default model. */
  readonly model: string | undefined;
  readonly atOnce: number;
  readonly signal: AbortSignal;
  readonly onUse: () => void;
}

/**
 * The vectors of each use's word, as the running system has them: from `/v1/inspect`. The one place that says where word
 * vectors come from.
 * @throws Error with the use's line when the server refuses a text or cuts it before the word
 */
export async function readUseVectors(
  client: Polyseme,
  uses: readonly Use[],
  { model, atOnce, signal, onUse }: UseVectorsOptions,
): Promise<UseVectors[]> {
  return mapAtOnce(uses, atOnce, async (use) => {
    const asked = { signal, ...(model === undefined ? {} : { model }) };
    const answer = await client.inspect(use.text, asked).catch((error: unknown) => {
      throw error instanceof PolysemeRequestError
        ? new Error(`${use.origin}: ${error.message}`, { cause: error })
        : error;
    });
    const indexes = answer.tokens.flatMap(({ start, end, special }, index) =>
      !special && start < use.end && end > use.start ? [index] : [],
    );
    if (indexes.length === 0)
      throw new Error(`${use.origin}: the word stands behind the last token that the model takes. Shorten the text.`);
    onUse();
    return {
      contextual: mean(indexes.map((index) => answer.contextual[index] ?? [])),
      static: mean(indexes.map((index) => answer.static[index] ?? [])),
    };
  });
}
