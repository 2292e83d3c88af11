import { checkUsableText, PolysemeError } from "@polyseme/core";
import { embedQueries, encodeQuery, type EncoderRegistry } from "@polyseme/encoder";
import { readMeanVector, type Collection, type Database } from "@polyseme/store";
import { requireModel } from "../own-vectors.ts";
import { queryText } from "../query-text.ts";
import { queryTokens } from "../query-tokens.ts";
import { queryUnits, type QueryUnits } from "../query-units.ts";
import { checkVector } from "../query-vector.ts";
import type { SearchPlan } from "../search-plan.ts";
import { encodeSparseQuery } from "./sparse-query.ts";
import type { Sought } from "./find-hits.ts";

export interface SoughtBody {
  readonly query?: string;
  readonly vector?: readonly number[];
  readonly like?: string;
}

/** What is looked for, and the query's words where hits are ranked or explained by them. */
export interface SoughtUnits extends Sought {
  readonly units?: QueryUnits;
}

/**
 * @param name the collection's, as the caller gave it
 * @throws PolysemeError `invalid`, naming the field; `not_found` for a document to be like that has no chunks; as the encoder does
 */
export async function readSought(
  { database, encoders }: { readonly database: Database; readonly encoders: EncoderRegistry },
  { name, collection }: { readonly name: string; readonly collection: Collection },
  body: SoughtBody,
  plan: SearchPlan,
  options: { signal: AbortSignal; trace: string | undefined },
): Promise<SoughtUnits> {
  const given = (["query", "vector", "like"] as const).filter((field) => body[field] !== undefined);
  if (given.length !== 1)
    throw new PolysemeError("invalid", "Give exactly one of query, vector, like and sense.", {
      details: { field: body.like === undefined ? "query" : "like" },
    });
  if (body.vector !== undefined) return { vector: checkVector(body.vector, collection.generation.dimensions) };
  if (body.like !== undefined) return likeDocument(database, name, collection, body.like);
  const text = checkUsableText(body.query ?? "", "query");
  if (plan.mode === "lexical" && plan.rerank !== "maxsim") return { text };
  requireModel(collection, "query");
  if (plan.mode === "sparse") {
    const sparse = await encodeSparseQuery(encoders, collection, text, options);
    return { text, sparse, ...(plan.rerank ? await encodeSought(encoders, collection, text, plan, options) : {}) };
  }
  return { text, ...(await encodeSought(encoders, collection, text, plan, options)) };
}

async function likeDocument(
  database: Database,
  name: string,
  collection: Collection,
  documentId: string,
): Promise<Sought> {
  const found = await readMeanVector(database, collection, documentId);
  if (found === undefined)
    throw new PolysemeError(
      "not_found",
      `"${name}" holds no chunks of the document "${documentId}": it is not there, or not embedded yet.`,
      { details: { field: "like" } },
    );
  const vector = checkVector([...found.vector], collection.generation.dimensions);
  return { vector, besides: { collection: name, documentId, chunks: found.chunks } };
}

async function encodeSought(
  encoders: EncoderRegistry,
  { name, generation }: Collection,
  query: string,
  plan: SearchPlan,
  { signal, trace }: { signal: AbortSignal; trace: string | undefined },
): Promise<Pick<SoughtUnits, "vector" | "units">> {
  const encoder = await encoders.get(generation.model);
  const options = { lane: "interactive", signal, trace } as const;
  const { prompts } = encoder.info;
  if (plan.rerank !== "maxsim" && !plan.explain) {
    const [vector] = await embedQueries(encoder, [queryText(encoder.info, generation, query)], options);
    if (vector === undefined) throw new Error("A text without an embedding");
    return { vector };
  }
  if (prompts.query + prompts.document !== "")
    throw new PolysemeError(
      "invalid",
      `The model of "${name}" wants words of its own before each text, which cannot be explained.`,
      { details: { field: plan.explain ? "explain" : "rerank" } },
    );
  if (encoder.info.isProjected)
    throw new PolysemeError(
      "invalid",
      `The model of "${name}" makes its embedding of pooled vectors by layers or by cutting, which cannot be explained.`,
      { details: { field: plan.explain ? "explain" : "rerank" } },
    );
  const found = await encodeQuery(encoder, query, { ...options, wants: { embedding: true, contextual: true } });
  const { embedding: vector } = found.encoded;
  if (vector === undefined) throw new Error("A text without an embedding");
  const unitsOf = encoder.info.lateInteraction === undefined ? queryUnits : queryTokens;
  return { vector, units: unitsOf(query, found, encoder.info, (id) => encoder.tokenText(id)) };
}
