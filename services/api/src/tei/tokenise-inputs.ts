import { checkUsableText, PolysemeError } from "@polyseme/core";
import { readModelPrompts, type Encoder } from "@polyseme/encoder";
import type { Encoding, Inputs } from "./schemas.ts";

type Input = string | readonly number[];

/** To cut a text at its beginning all of it must be tokenised; what lies further from its end is left out before. */
const LEAST_TAIL_CHARACTERS = 65_536;
const TAIL_CHARACTERS_A_TOKEN = 16;

/** @throws PolysemeError `invalid`, of the kind that is called Empty there */
export function inputsOf(inputs: Inputs): readonly Input[] {
  if (typeof inputs === "string") return [inputs];
  if (inputs.length === 0) throw emptyList("inputs");
  return isTokenIds(inputs) ? [inputs] : inputs;
}

export function emptyList(field: string): PolysemeError {
  return new PolysemeError("invalid", `\`${field}\` cannot be empty`, { details: { field, empty: true } });
}

/**
 * Ids of each input as the model takes them, special tokens around.
 * @throws PolysemeError `too_large` for one that is too long and may not be cut, `invalid` for an unknown prompt or id,
 * `unusable_text`
 */
export async function tokeniseInputs(
  encoder: Encoder,
  inputs: readonly Input[],
  { truncate, truncation_direction: direction = "right", prompt_name: promptName }: Encoding,
): Promise<Int32Array[]> {
  const prompt = await promptOf(encoder, promptName ?? undefined);
  const texts = inputs.flatMap((input) => (typeof input === "string" ? [withPrompt(prompt, input)] : []));
  const encoded = (await encoder.tokenizeIds(texts))[Symbol.iterator]();
  const room = encoder.info.maxTokens - encoder.info.specialTokens;
  const keepsEnd = direction.toLowerCase() === "left";
  const refuseCut = (index: number): void => {
    if (truncate === true) return;
    throw new PolysemeError(
      "too_large",
      `\`inputs\` must have at most ${encoder.info.maxTokens} tokens; number ${index + 1} has more. Send "truncate": true to have it cut.`,
      { details: { field: "inputs" } },
    );
  };
  const all: Int32Array[] = [];
  for (const [index, input] of inputs.entries()) {
    if (typeof input !== "string") {
      if (input.length === 0) throw emptyList("inputs");
      if (input.length > room) refuseCut(index);
      all.push(encoder.withSpecialTokens(keepsEnd ? input.slice(-room) : input));
      continue;
    }
    const { value } = encoded.next();
    if (value === undefined) throw new Error("The tokenizer lost a text");
    if (value.truncated) refuseCut(index);
    all.push(value.truncated && keepsEnd ? await keepEnd(encoder, withPrompt(prompt, input), room) : value.ids);
  }
  return all;
}

function withPrompt(prompt: string, text: string): string {
  return prompt + checkUsableText(text, "inputs");
}

/** @throws PolysemeError `invalid` when the model has no prompt of that name */
export async function promptOf({ info }: Encoder, name: string | undefined): Promise<string> {
  if (name === undefined) return "";
  const prompts = await readModelPrompts(info.folder);
  const prompt = prompts.get(name);
  if (prompt !== undefined) return prompt;
  const known = [...prompts.keys()].join(", ") || "none";
  throw new PolysemeError("invalid", `The model ${info.name} has no prompt of that name. Its prompts: ${known}.`, {
    details: { field: "prompt_name" },
  });
}

async function keepEnd(encoder: Encoder, text: string, room: number): Promise<Int32Array> {
  const tail = text.slice(-Math.max(LEAST_TAIL_CHARACTERS, room * TAIL_CHARACTERS_A_TOKEN));
  // Cut between words, or the first one would have other tokens, and never within a pair of surrogates.
  const start = tail.length === text.length ? 0 : Math.max(tail.search(/\s/), 0);
  const { ids } = await encoder.tokenizeWhole(tail.slice(start).toWellFormed());
  return encoder.withSpecialTokens([...ids.slice(-room)]);
}

function isTokenIds(inputs: readonly (Input | number)[]): inputs is readonly number[] {
  return typeof inputs[0] === "number";
}
