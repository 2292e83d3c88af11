import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { checkUsableText, PolysemeError, type Metrics } from "@polyseme/core";
import type { EncoderRegistry } from "@polyseme/encoder";
import { CollectionParams, ErrorSchema, requestSignal } from "@polyseme/http";
import type { Database } from "@polyseme/store";
import { Type } from "typebox";
import { makeKnownCollections } from "../known-collections.ts";
import { listSenses } from "./list-senses.ts";
import { MAX_WORD_CHARACTERS, SensesSchema } from "./sense-schemas.ts";

const DEFAULT_USES = 1_000;
const MAX_USES = 5_000;
const ANSWER_WITHIN_MS = 60_000;

export interface SenseRouteDeps {
  readonly database: Database;
  readonly encoders: EncoderRegistry;
  readonly metrics: Metrics;
}

/** The senses in which a collection uses a word. */
export const senseRoutes: FastifyPluginAsyncTypebox<SenseRouteDeps> = async (app, deps) => {
  await Promise.resolve();
  const known = makeKnownCollections(deps.database, () => performance.now());
  app.get(
    "/v1/collections/:collection/senses",
    {
      config: { needs: "read" },
      schema: {
        operationId: "senses",
        summary: "A word's uses grouped into senses, with typical contexts and neighbours",
        tags: ["meaning"],
        params: CollectionParams,
        querystring: Type.Object({
          word: Type.String({
            minLength: 1,
            maxLength: MAX_WORD_CHARACTERS,
            description: "In any form; several words are looked for one behind the other",
          }),
          limit: Type.Optional(
            Type.String({ description: `Most uses, 1 to ${MAX_USES}; ${DEFAULT_USES} when left out` }),
          ),
        }),
        response: { 200: SensesSchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const started = performance.now();
      const limit = parseLimit(request.query.limit);
      const word = checkUsableText(request.query.word, "word");
      const signal = requestSignal(reply, ANSWER_WITHIN_MS);
      const answer = await known.use(request.params.collection, (collection) =>
        listSenses(deps, collection, { word, limit, signal }),
      );
      deps.metrics.observeStage("senses", performance.now() - started);
      return answer;
    },
  );
};

function parseLimit(text: string | undefined): number {
  if (text === undefined) return DEFAULT_USES;
  const limit = Number(text);
  if (!/^\d+$/.test(text) || limit < 1 || limit > MAX_USES)
    throw new PolysemeError("invalid", `limit must be a whole number from 1 to ${MAX_USES}.`, {
      details: { field: "limit" },
    });
  return limit;
}
