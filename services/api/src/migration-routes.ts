import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { NO_MODEL, PolysemeError } from "@polyseme/core";
import { CollectionParams, ErrorSchema, requestSignal } from "@polyseme/http";
import {
  countMigration,
  cutOver,
  dropUnusedTables,
  endMigration,
  followMethod,
  getCollection,
  getMigration,
  requireOwnName,
  rollBack,
  startMigration,
  type Collection,
  type Database,
  type Migration,
  type MigrationCounts,
} from "@polyseme/store";
import { Type, type Static } from "typebox";
import { GENERATION_FIELDS } from "./generation-fields.ts";
import { newGeneration } from "./migration-settings.ts";
import { SparseAnswer, sparseSettingsOf } from "./sparse-settings.ts";
import { measureAgain, type OverlapDeps } from "./overlap/measure-overlap.ts";

const MigrateBody = Type.Object(
  {
    model: Type.Optional(Type.String({ minLength: 1, maxLength: 512 })),
    ...GENERATION_FIELDS,
  },
  { additionalProperties: false },
);

const MigrationSchema = Type.Object({
  from: Type.Integer({ description: "Number of the generation that was live at the start" }),
  to: Type.Integer({ description: "Number of the new one" }),
  settings: Type.Object({
    model: Type.String(),
    dimensions: Type.Integer(),
    chunking: Type.Object({ maxTokens: Type.Integer(), overlapTokens: Type.Integer(), strategy: Type.String() }),
    tokenVectors: Type.String(),
    tokenPooling: Type.Integer(),
    lateChunking: Type.Boolean(),
    sparse: SparseAnswer,
    language: Type.Union([Type.String(), Type.Null()]),
  }),
  state: Type.Enum(["building", "ready", "live", "rolled_back"], {
    description: "ready: nothing is pending, it may be cut over; live: the new generation answers searches",
  }),
  method: Type.Enum(["reembed", "rechunk"], { description: "rechunk: from stored token vectors, without the encoder" }),
  documents: Type.Object(
    { total: Type.Integer(), done: Type.Integer(), failed: Type.Integer(), pending: Type.Integer() },
    { description: "In the generation that is not live" },
  ),
  etaSeconds: Type.Union([Type.Number(), Type.Null()], { description: "null: not known yet, or not being built" }),
  overlap: Type.Union(
    [
      Type.Object({
        at: Type.Integer(),
        queries: Type.Integer(),
        mean: Type.Number(),
        least: Type.Number(),
        measuredAt: Type.String(),
      }),
      Type.Null(),
    ],
    {
      description:
        "Share of the nearest documents that are the same in both generations, by questions made of documents",
    },
  ),
  overlapReason: Type.Union([Type.String(), Type.Null()], {
    description: 'Why there is no overlap: "building" and "measuring" pass, anything else is a sentence',
  }),
  failures: Type.Array(Type.Object({ id: Type.String(), code: Type.String(), message: Type.String() }), {
    description: "The first of the failed ones",
  }),
  startedAt: Type.String(),
  cutoverAt: Type.Union([Type.String(), Type.Null()]),
});

const MEASURED_WITHIN_MS = 60_000;

const COMMON = { tags: ["migration"], params: CollectionParams } as const;
const ANSWERS = { 200: MigrationSchema, "4xx": ErrorSchema, "5xx": ErrorSchema } as const;

/** A collection's way to a new generation: start, look, cut over, roll back, end. */
export const migrationRoutes: FastifyPluginAsyncTypebox<OverlapDeps & { readonly stop: AbortSignal }> = async (
  app,
  deps,
) => {
  const {
    database,
    encoders: { catalog },
  } = deps;
  await Promise.resolve();
  app.post(
    "/v1/collections/:collection/migrate",
    {
      config: { needs: "admin" },
      schema: {
        operationId: "startMigration",
        ...COMMON,
        summary: "Build a new generation with other settings beside the live one",
        body: MigrateBody,
        response: { 202: MigrationSchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const collection = await ownCollection(database, request.params.collection);
      refuseOwnVectors(collection, request.body.model);
      const model = await catalog.describe(request.body.model ?? collection.generation.model);
      const sparse = await sparseSettingsOf(catalog, request.body.sparse, collection.generation);
      const wanted = newGeneration(collection, request.body, model, sparse);
      const migration = await startMigration(database, collection.name, wanted);
      await dropUnusedTables(database);
      return reply.status(202).send(await describe(database, migration));
    },
  );

  app.get(
    "/v1/collections/:collection/migration",
    {
      config: { needs: "read" },
      schema: { operationId: "getMigration", ...COMMON, summary: "How far the migration is", response: ANSWERS },
    },
    async (request) => {
      const { name } = await getCollection(database, request.params.collection);
      return describe(database, await getMigration(database, name));
    },
  );

  app.post(
    "/v1/collections/:collection/migration/overlap",
    {
      config: { needs: "admin" },
      schema: {
        ...COMMON,
        summary: "Measure anew how far the answers of both generations are the same",
        response: ANSWERS,
      },
    },
    async (request, reply) => {
      const { name } = await ownCollection(database, request.params.collection);
      const migration = await getMigration(database, name);
      const { pending } = await countMigration(database, migration.collection.id);
      if (!migration.allListed || pending > 0)
        throw new PolysemeError("conflict", `Generation ${migration.follower.number} of "${name}" has not caught up.`, {
          details: { field: "collection" },
        });
      const signal = AbortSignal.any([deps.stop, requestSignal(reply, MEASURED_WITHIN_MS)]);
      return describe(database, await measureAgain(deps, migration, signal));
    },
  );

  app.post(
    "/v1/collections/:collection/migration/cutover",
    {
      config: { needs: "admin" },
      schema: {
        operationId: "cutOverMigration",
        ...COMMON,
        summary: "Make the new generation the live one",
        body: Type.Object(
          { force: Type.Optional(Type.Boolean({ description: "Also with documents that failed in the new one" })) },
          { additionalProperties: false },
        ),
        response: ANSWERS,
      },
    },
    async (request) => {
      const { name } = await ownCollection(database, request.params.collection);
      return describe(database, await cutOver(database, name, { force: request.body.force === true }));
    },
  );

  app.post(
    "/v1/collections/:collection/migration/rollback",
    {
      config: { needs: "admin" },
      schema: {
        operationId: "rollBackMigration",
        ...COMMON,
        summary: "Make the old generation live again",
        response: ANSWERS,
      },
    },
    async (request) => {
      const { name } = await ownCollection(database, request.params.collection);
      return describe(database, await rollBack(database, name));
    },
  );

  app.delete(
    "/v1/collections/:collection/migration",
    {
      config: { needs: "admin" },
      schema: {
        operationId: "endMigration",
        ...COMMON,
        summary: "End the migration: drop the generation that is not live",
        response: {
          200: Type.Object({ dropped: Type.Integer(), live: Type.Integer() }),
          "4xx": ErrorSchema,
          "5xx": ErrorSchema,
        },
      },
    },
    async (request) => {
      const { name } = await ownCollection(database, request.params.collection);
      const ended = await endMigration(database, name);
      await dropUnusedTables(database);
      return ended;
    },
  );
};

/** @throws PolysemeError when vectors come, or would have to come, with the documents */
function refuseOwnVectors({ name, generation }: Collection, model: string | undefined): void {
  if (generation.model === NO_MODEL)
    throw new PolysemeError(
      "conflict",
      `The vectors of "${name}" come with its documents, so there is nothing to make others from. Make another collection; an alias can go over to it.`,
      { details: { field: "collection" } },
    );
  if (model === NO_MODEL)
    throw new PolysemeError("invalid", `No collection can migrate to "${NO_MODEL}": make one with it.`, {
      details: { field: "model" },
    });
}

/** @throws PolysemeError `not_found`; `conflict` for an alias, which may stand for another collection in a moment */
async function ownCollection(database: Database, name: string): Promise<Collection> {
  const collection = await getCollection(database, name);
  requireOwnName(collection, name);
  return collection;
}

async function describe(database: Database, migration: Migration): Promise<Static<typeof MigrationSchema>> {
  const { from, to, phase, collection, follower, startedAt, cutoverAt, allListed, overlap } = migration;
  const { failures, ...counts } = await countMigration(database, collection.id);
  const {
    model,
    dimensions,
    chunking,
    tokens,
    language,
    sparse = null,
  } = phase === "live" ? collection.generation : follower;
  const isReady = phase === "building" && allListed && counts.pending === 0;
  return {
    from,
    to,
    settings: { model, dimensions, chunking: { ...chunking }, ...tokens, language, sparse },
    state: isReady ? "ready" : phase,
    method: followMethod(migration),
    documents: { ...counts, done: doneOf(counts) },
    etaSeconds: phase === "building" ? secondsLeft(counts, (Date.now() - startedAt.getTime()) / 1_000) : null,
    overlap,
    overlapReason: overlap === null ? whyNoOverlap(migration, isReady) : null,
    failures,
    startedAt: startedAt.toISOString(),
    cutoverAt: cutoverAt?.toISOString() ?? null,
  };
}

function whyNoOverlap({ overlapReason, phase }: Migration, isReady: boolean): string {
  if (overlapReason !== null) return overlapReason;
  if (isReady) return "measuring";
  return phase === "building" ? "building" : "It was cut over before it was measured.";
}

function doneOf({ total, pending, failed }: MigrationCounts): number {
  return Math.max(0, total - pending - failed);
}

/** As fast as so far; null before anything is done. */
function secondsLeft(counts: MigrationCounts, elapsedSeconds: number): number | null {
  if (counts.pending === 0) return 0;
  const done = doneOf(counts);
  return done === 0 ? null : Math.round((counts.pending * elapsedSeconds) / done);
}
