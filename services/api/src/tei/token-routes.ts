import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { checkUsableText, PolysemeError } from "@polyseme/core";
import type { Encoder, EncoderRegistry } from "@polyseme/encoder";
import { Type, type Static } from "typebox";
import { makeCodePoints } from "./code-points.ts";
import { ENCODING, ERRORS, MAX_INPUTS, TokenIds } from "./schemas.ts";
import { emptyList, promptOf } from "./tokenise-inputs.ts";

/** Of all texts of a request: texts are tokenised whole here, a millisecond of the event loop for a thousand tokens. */
const MAX_CHARACTERS = 262_144;
const MAX_IDS = 65_536;

const Text = Type.String({ maxLength: MAX_CHARACTERS });
const TokenizeBody = Type.Object({
  inputs: Type.Union([Text, Type.Array(Text, { maxItems: MAX_INPUTS })]),
  add_special_tokens: Type.Optional(Type.Boolean()),
  prompt_name: ENCODING.prompt_name,
});

const Token = Type.Object({
  id: Type.Integer(),
  text: Type.String(),
  special: Type.Boolean(),
  start: Type.Union([Type.Integer({ description: "In code points; null for special tokens" }), Type.Null()]),
  stop: Type.Union([Type.Integer(), Type.Null()]),
});
type Token = Static<typeof Token>;

const DecodeBody = Type.Object({
  ids: Type.Union([TokenIds, Type.Array(TokenIds, { maxItems: MAX_INPUTS })]),
  skip_special_tokens: Type.Optional(Type.Boolean()),
});

/** text-embeddings-inference's tokenizer: texts to tokens and back. */
export const tokenRoutes: FastifyPluginAsyncTypebox<{ encoders: EncoderRegistry }> = async (app, { encoders }) => {
  await Promise.resolve();
  const config = { needs: "read", tiedKeys: "served", errors: "tei" } as const;
  const tags = ["text-embeddings-inference"];
  const model = (): Promise<Encoder> => encoders.get(encoders.catalog.defaultModel);

  app.post(
    "/tokenize",
    {
      config,
      schema: {
        operationId: "teiTokenize",
        summary: "All tokens of texts, whatever the model's limit",
        tags,
        body: TokenizeBody,
        response: { 200: Type.Array(Type.Array(Token)), ...ERRORS },
      },
    },
    async ({ body: { inputs, add_special_tokens: addSpecial = true, prompt_name: promptName } }) => {
      const encoder = await model();
      const prompt = await promptOf(encoder, promptName ?? undefined);
      const texts = typeof inputs === "string" ? [inputs] : inputs;
      if (texts.length === 0) throw emptyList("inputs");
      requireAtMost(
        texts.reduce((sum, { length }) => sum + length + prompt.length, 0),
        MAX_CHARACTERS,
        "characters",
      );
      const all: Token[][] = [];
      for (const text of texts) all.push(await tokensOf(encoder, prompt + checkUsableText(text, "inputs"), addSpecial));
      return all;
    },
  );

  app.post(
    "/decode",
    {
      config,
      schema: {
        operationId: "teiDecode",
        summary: "Texts of token ids",
        tags,
        body: DecodeBody,
        response: { 200: Type.Array(Type.String()), ...ERRORS },
      },
    },
    async ({ body: { ids, skip_special_tokens: skipSpecialTokens = true } }) => {
      if (ids.length === 0) throw emptyList("ids");
      const all = isOne(ids) ? [ids] : ids;
      requireAtMost(
        all.reduce((sum, { length }) => sum + length, 0),
        MAX_IDS,
        "ids",
      );
      const encoder = await model();
      for (const one of all) encoder.withSpecialTokens(one);
      return Promise.all(all.map((one) => encoder.decode(one, { skipSpecialTokens })));
    },
  );
};

async function tokensOf(encoder: Encoder, text: string, addSpecial: boolean): Promise<Token[]> {
  const { ids, starts, ends } = await encoder.tokenizeWhole(text);
  const codePoints = makeCodePoints(text);
  const own = Array.from(ids, (id, i): Token => {
    const [start = 0, end = 0] = [starts[i], ends[i]];
    return { id, text: text.slice(start, end), special: false, start: codePoints(start), stop: codePoints(end) };
  });
  if (!addSpecial) return own;
  const around = Array.from(encoder.withSpecialTokens([]), (id): Token => {
    return { id, text: encoder.tokenText(id), special: true, start: null, stop: null };
  });
  const { leadingTokens } = encoder.info;
  return [...around.slice(0, leadingTokens), ...own, ...around.slice(leadingTokens)];
}

/** @throws PolysemeError `too_large` */
function requireAtMost(count: number, most: number, what: string): void {
  if (count <= most) return;
  throw new PolysemeError("too_large", `This request has ${count} ${what}; at most ${most} are taken at once.`);
}

function isOne(ids: number[] | number[][]): ids is number[] {
  return typeof ids[0] === "number";
}
