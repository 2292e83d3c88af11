import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import {
  checkCollectionName,
  checkIndexSettings,
  DEFAULT_INDEX,
  NO_MODEL,
  type IndexSettings,
  PolysemeError,
} from "@polyseme/core";
import type { ModelCatalog } from "@polyseme/encoder";
import { CollectionParams, ErrorSchema, mayTouch } from "@polyseme/http";
import {
  aliasesOf,
  collectionStatistics,
  deleteCollection,
  ensureCollection,
  findCollection,
  getCollection,
  listAliases,
  listCollections,
  requireOwnName,
  setIndexSettings,
  setLanguage,
  type Collection,
  type Database,
  type NewCollection,
} from "@polyseme/store";
import { Type, type Static } from "typebox";
import { chunkingOf, differences, tokenSettingsOf } from "./collection-settings.ts";
import { describeIndex } from "./describe-index.ts";
import { GENERATION_FIELDS } from "./generation-fields.ts";
import { IndexAnswer, IndexBody } from "./index-schemas.ts";
import { MOST_DIMENSIONS, ownVectorSettings } from "./own-vectors.ts";
import { SparseAnswer, sparseSettingsOf } from "./sparse-settings.ts";

export const SettingsSchema = Type.Object(
  {
    model: Type.Optional(
      Type.String({ minLength: 1, maxLength: 512, description: '"none": vectors come with the documents' }),
    ),
    dimensions: Type.Optional(
      Type.Integer({ minimum: 1, maximum: MOST_DIMENSIONS, description: 'Only with model "none"' }),
    ),
    ...GENERATION_FIELDS,
    index: Type.Optional(IndexBody),
  },
  { additionalProperties: false },
);
export type Settings = Static<typeof SettingsSchema>;

const CollectionSchema = Type.Object({
  name: Type.String(),
  model: Type.String(),
  dimensions: Type.Integer(),
  chunking: Type.Object({ maxTokens: Type.Integer(), overlapTokens: Type.Integer(), strategy: Type.String() }),
  lateChunking: Type.Boolean(),
  tokenVectors: Type.String(),
  tokenPooling: Type.Integer(),
  sparse: SparseAnswer,
  language: Type.Union([Type.String(), Type.Null()]),
  aliases: Type.Array(Type.String()),
  index: IndexAnswer,
  generation: Type.Integer(),
  createdAt: Type.String(),
  documents: Type.Object({
    total: Type.Integer(),
    queued: Type.Integer(),
    embedding: Type.Integer(),
    stored: Type.Integer(),
    failed: Type.Integer(),
  }),
  chunks: Type.Integer(),
  coverage: Type.Number(),
  oldestPendingAgeSeconds: Type.Union([Type.Number(), Type.Null()]),
  backlogSeconds: Type.Union([Type.Number(), Type.Null()]),
});

/** Collections: make, look at, remove. */
export const collectionRoutes: FastifyPluginAsyncTypebox<{ database: Database; catalog: ModelCatalog }> = async (
  app,
  { database, catalog },
) => {
  await Promise.resolve();
  app.put(
    "/v1/collections/:collection",
    {
      config: { needs: "write" },
      schema: {
        operationId: "putCollection",
        summary: "Make a collection, or confirm its settings",
        tags: ["collections"],
        params: CollectionParams,
        body: SettingsSchema,
        response: { 200: CollectionSchema, 201: CollectionSchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const name = checkCollectionName(request.params.collection);
      const { collection, created } = await putCollection(database, catalog, name, request.body);
      return reply.status(created ? 201 : 200).send(await describe(database, collection));
    },
  );

  app.get(
    "/v1/collections",
    {
      config: { needs: "read", tiedKeys: "served" },
      schema: {
        operationId: "listCollections",
        summary: "All collections that the key may see",
        tags: ["collections"],
        response: { 200: Type.Object({ collections: Type.Array(CollectionSchema) }) },
      },
    },
    async ({ caller }) => {
      const byAlias = new Set(
        (await listAliases(database)).filter(({ name }) => mayTouch(caller, name)).map((alias) => alias.collection),
      );
      const collections = (await listCollections(database)).filter(
        ({ name }) => mayTouch(caller, name) || byAlias.has(name),
      );
      return { collections: await Promise.all(collections.map((collection) => describe(database, collection))) };
    },
  );

  app.get(
    "/v1/collections/:collection",
    {
      config: { needs: "read" },
      schema: {
        operationId: "getCollection",
        summary: "Settings, counts by state, coverage, backlog",
        tags: ["collections"],
        params: CollectionParams,
        response: { 200: CollectionSchema, "4xx": ErrorSchema },
      },
    },
    async (request) => describe(database, await getCollection(database, request.params.collection)),
  );

  app.delete(
    "/v1/collections/:collection",
    {
      config: { needs: "admin" },
      schema: {
        operationId: "deleteCollection",
        summary: "Remove a collection with all its documents",
        tags: ["collections"],
        params: CollectionParams,
        response: { 200: Type.Object({ deleted: Type.String() }), "4xx": ErrorSchema },
      },
    },
    async (request) => {
      const name = request.params.collection;
      const found = await findCollection(database, name);
      if (found !== undefined) requireOwnName(found, name);
      if (!(await deleteCollection(database, name)))
        throw new PolysemeError("not_found", `There is no collection "${name}".`, { details: { field: "collection" } });
      return { deleted: name };
    },
  );
};

async function putCollection(
  database: Database,
  catalog: ModelCatalog,
  name: string,
  settings: Settings,
): Promise<{ collection: Collection; created: boolean }> {
  const existing = await findCollection(database, name);
  if (existing !== undefined) requireOwnName(existing, name);
  if (existing === undefined) {
    const generation = ownVectorSettings(settings) ?? (await settingsWithModel(catalog, settings));
    const made = await ensureCollection(database, {
      name,
      language: settings.language ?? null,
      ...generation,
      index: wantedIndex(settings, DEFAULT_INDEX, generation.dimensions) ?? {},
    });
    if (made.created) return made;
    // An alias of this name may have been made meanwhile.
    requireOwnName(made.collection, name);
  }
  return { collection: await confirm(database, await getCollection(database, name), settings), created: false };
}

async function settingsWithModel(
  catalog: ModelCatalog,
  settings: Settings,
): Promise<Omit<NewCollection, "name" | "language">> {
  const model = await catalog.describe(settings.model ?? catalog.defaultModel);
  if (settings.dimensions !== undefined && settings.dimensions !== model.dimensions)
    throw new PolysemeError("invalid", `${model.name} has ${model.dimensions} dimensions; leave dimensions out.`, {
      details: { field: "dimensions" },
    });
  return {
    model: model.name,
    dimensions: model.dimensions,
    chunking: chunkingOf(settings.chunking ?? {}, model),
    tokens: tokenSettingsOf(settings, model),
    sparse: await sparseSettingsOf(catalog, settings.sparse),
  };
}

/** What can change in place changes; what would need new vectors is refused. */
async function confirm(database: Database, collection: Collection, settings: Settings): Promise<Collection> {
  const changed = differences(collection, settings);
  if (changed.length > 0 && collection.generation.model === NO_MODEL)
    throw new PolysemeError(
      "conflict",
      `Another ${changed.join(" and ")} needs other vectors, and those of "${collection.name}" come with its documents. Make another collection; an alias can go over to it.`,
      { details: { field: changed[0] } },
    );
  if (changed.length > 0)
    throw new PolysemeError(
      "conflict",
      `Another ${changed.join(" and ")} needs every document embedded again. Start that with POST /v1/collections/${collection.name}/migrate.`,
      { details: { field: changed[0] } },
    );
  const index = wantedIndex(settings, collection.index, collection.generation.dimensions);
  if (settings.language !== undefined && settings.language !== collection.language)
    await setLanguage(database, collection.id, settings.language);
  if (index !== undefined) await setIndexSettings(database, collection.id, index);
  return getCollection(database, collection.name);
}

/** What of the index settings was asked for, checked beside what holds already. */
function wantedIndex(
  { index }: Settings,
  current: IndexSettings,
  dimensions: number,
): Partial<IndexSettings> | undefined {
  if (index === undefined) return undefined;
  checkIndexSettings(index, current, dimensions);
  return index;
}

async function describe(database: Database, collection: Collection): Promise<Static<typeof CollectionSchema>> {
  const { generation } = collection;
  return {
    name: collection.name,
    model: generation.model,
    dimensions: generation.dimensions,
    chunking: { ...generation.chunking },
    ...generation.tokens,
    sparse: generation.sparse ?? null,
    language: collection.language,
    aliases: await aliasesOf(database, collection.id),
    index: await describeIndex(database, collection),
    generation: generation.number,
    createdAt: collection.createdAt.toISOString(),
    ...(await collectionStatistics(database, collection)),
  };
}
