import { embedTexts } from "./encoder.ts";
import type { Encoded, EncodeOptions, Encoder, QueryTokens } from "./types.ts";

/** A query's tokens and vectors. */
export interface EncodedQuery {
  readonly tokens: QueryTokens;
  readonly encoded: Encoded;
}

/**
 * A query as its model reads queries. What the model's prompts say must stand before it already.
 * @throws PolysemeError as `tokenizeQuery` and `encode` do
 */
export async function encodeQuery(
  encoder: Pick<Encoder, "tokenizeQuery" | "encode">,
  query: string,
  options: Omit<EncodeOptions, "seen">,
): Promise<EncodedQuery> {
  const tokens = await encoder.tokenizeQuery(query);
  return { tokens, encoded: await encoder.encode(tokens.ids, { ...options, seen: tokens.seen }) };
}

/**
 * The embedding of each query, in their order; fails as a whole when one of them fails.
 * @throws PolysemeError as `tokenizeQuery` and `encode` do
 */
export async function embedQueries(
  encoder: Pick<Encoder, "info" | "tokenizeQuery" | "tokenizeIds" | "encode">,
  queries: readonly string[],
  options: Omit<EncodeOptions, "wants" | "seen">,
): Promise<Float32Array[]> {
  // To all other models a query is a text, and its tokens' places cost as much as its tokens.
  if (encoder.info.lateInteraction === undefined) return embedTexts(encoder, queries, options);
  const encoded = await Promise.all(
    queries.map((query) => encodeQuery(encoder, query, { ...options, wants: { embedding: true } })),
  );
  return encoded.map(({ encoded: { embedding } }) => {
    if (embedding === undefined) throw new Error("The encoder gave no embedding");
    return embedding;
  });
}
