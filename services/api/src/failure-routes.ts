import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { ErrorSchema } from "@polyseme/http";
import { countFailures, listFailures, redriveFailures, type Database } from "@polyseme/store";
import { Type } from "typebox";
import { filterOf, formatPlace, parseLimit, parsePlace } from "./failure-query.ts";

/** Failures are counted no further: nobody reads more of them, and counting costs by their number. */
const COUNTED = 10_000;
const MAX_IDS = 10_000;

const Chosen = {
  collection: Type.Optional(Type.String()),
  code: Type.Optional(Type.String({ description: "An error code, such as encode_failed" })),
  since: Type.Optional(Type.String({ description: "Failed at this time or later: ISO 8601" })),
  until: Type.Optional(Type.String({ description: "Failed before this time: ISO 8601" })),
};

const FailuresSchema = Type.Object({
  failures: Type.Array(
    Type.Object({
      collection: Type.String(),
      id: Type.String(),
      version: Type.Integer(),
      attempts: Type.Integer(),
      error: Type.Object({ code: Type.String(), message: Type.String() }),
      failedAt: Type.String(),
    }),
  ),
  total: Type.Integer({ description: `Failures chosen, on all pages; ${COUNTED} stands for as many or more` }),
  next: Type.Union([Type.String(), Type.Null()], {
    description: "The `after` of the next page; null: this is the last",
  }),
});

/** Failed documents: look at them, and have them tried again. */
export const failureRoutes: FastifyPluginAsyncTypebox<{ database: Database }> = async (app, { database }) => {
  await Promise.resolve();
  app.get(
    "/v1/failures",
    {
      config: { needs: "read", tiedKeys: "served" },
      schema: {
        operationId: "listFailures",
        summary: "Failed documents with their errors, the newest failure first",
        tags: ["failures"],
        querystring: Type.Object(
          {
            ...Chosen,
            id: Type.Optional(Type.String()),
            limit: Type.Optional(Type.String({ description: "1 to 1000; 100 when left out" })),
            after: Type.Optional(Type.String({ description: "The `next` of the page before" })),
          },
          { additionalProperties: false },
        ),
        response: { 200: FailuresSchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request) => {
      const { id, limit: limitText, after, ...choice } = request.query;
      const limit = parseLimit(limitText);
      const place = parsePlace(after);
      const filter = await filterOf(database, request.caller, { ...choice, ids: id === undefined ? undefined : [id] });
      // One more than asked for: whether there is a next page.
      const [found, total] = await Promise.all([
        listFailures(database, filter, { limit: limit + 1, after: place }),
        countFailures(database, filter, COUNTED),
      ]);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      return {
        failures: page.map(({ collection, id, version, attempts, errorCode, errorMessage, failedAt }) => ({
          collection,
          id,
          version,
          attempts,
          error: { code: errorCode, message: errorMessage },
          failedAt: failedAt.toISOString(),
        })),
        total,
        next: found.length > limit && last !== undefined ? formatPlace(last) : null,
      };
    },
  );

  app.post(
    "/v1/failures/redrive",
    {
      config: { needs: "write", tiedKeys: "served" },
      schema: {
        operationId: "redriveFailures",
        summary: "Try failed documents again, as if they had just been pushed",
        description:
          "All that are chosen; an empty object chooses every failure. What has been redriven is no failure any more, so asking twice does no more than asking once.",
        tags: ["failures"],
        body: Type.Object(
          { ...Chosen, ids: Type.Optional(Type.Array(Type.String(), { maxItems: MAX_IDS })) },
          { additionalProperties: false },
        ),
        response: { 200: Type.Object({ redriven: Type.Integer() }), "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request) => {
      const filter = await filterOf(database, request.caller, request.body);
      return { redriven: await redriveFailures(database, filter) };
    },
  );
};
