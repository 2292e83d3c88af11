import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { collectionNameFault, KEY_ROLES, PolysemeError, type Log } from "@polyseme/core";
import { ErrorSchema, makeKey, type KeyRing } from "@polyseme/http";
import { createKey, listKeys, revokeKey, type ApiKey, type Database } from "@polyseme/store";
import { Type, type Static } from "typebox";

const MAX_NAME_CHARACTERS = 200;
const MAX_COLLECTIONS = 1_000;
const MAX_RATE_PER_SECOND = 1_000_000;
/** Slower than once in some hours is no rate but a mistake. */
const MIN_RATE_PER_SECOND = 0.0001;
const LISTED_KEYS = 10_000;

const KeyBody = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: MAX_NAME_CHARACTERS }),
    role: Type.Enum([...KEY_ROLES]),
    collections: Type.Optional(
      Type.Array(Type.String({ maxLength: 63 }), { minItems: 1, maxItems: MAX_COLLECTIONS, uniqueItems: true }),
    ),
    ratePerSecond: Type.Optional(Type.Number({ minimum: MIN_RATE_PER_SECOND, maximum: MAX_RATE_PER_SECOND })),
  },
  { additionalProperties: false },
);

const KEY_FIELDS = {
  id: Type.String({ description: "Names the key where it is listed and revoked; it opens nothing" }),
  name: Type.String(),
  role: Type.Enum([...KEY_ROLES]),
  collections: Type.Union([Type.Array(Type.String()), Type.Null()], { description: "null: all of them" }),
  ratePerSecond: Type.Union([Type.Number(), Type.Null()], { description: "Requests a second, for each process" }),
  createdAt: Type.String(),
  lastUsedAt: Type.Union([Type.String(), Type.Null()], { description: "To the minute" }),
  revokedAt: Type.Union([Type.String(), Type.Null()]),
};
const KeySchema = Type.Object(KEY_FIELDS);
const MadeKeySchema = Type.Object({ ...KEY_FIELDS, key: Type.String({ description: "Shown here and never again" }) });

export interface KeyRouteDeps {
  readonly database: Database;
  readonly keys: KeyRing;
  readonly log: Log;
}

/** API keys: make, list, revoke. A key tied to collections, whatever its role, may not: it would make itself greater. */
export const keyRoutes: FastifyPluginAsyncTypebox<KeyRouteDeps> = async (app, { database, keys, log }) => {
  await Promise.resolve();
  app.post(
    "/v1/keys",
    {
      config: { needs: "admin" },
      schema: {
        operationId: "createKey",
        summary: "Make an API key; its secret is in this answer and nowhere else",
        tags: ["keys"],
        body: KeyBody,
        response: { 201: MadeKeySchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const { name, role, collections, ratePerSecond } = request.body;
      checkText(name, "name");
      for (const collection of collections ?? []) checkCollection(collection);
      if ((await keys.isOpen()) && (role !== "admin" || collections !== undefined))
        throw new PolysemeError(
          "conflict",
          "With the first key, keys become required, and this one could not make the next. Make an admin key of all collections first.",
          { details: { field: "role" } },
        );
      const { id, secret, hash } = makeKey();
      const made = await createKey(database, {
        id,
        name,
        role,
        collections: collections ?? null,
        ratePerSecond: ratePerSecond ?? null,
        hash,
      });
      keys.forget();
      log.info({ keyId: id, role, by: request.caller.id }, "API key made");
      return reply.status(201).send({ ...describe(made), key: secret });
    },
  );

  app.get(
    "/v1/keys",
    {
      config: { needs: "admin" },
      schema: {
        operationId: "listKeys",
        summary: "All API keys, without their secrets",
        tags: ["keys"],
        response: { 200: Type.Object({ keys: Type.Array(KeySchema) }), "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async () => ({ keys: (await listKeys(database, LISTED_KEYS)).map(describe) }),
  );

  app.delete(
    "/v1/keys/:id",
    {
      config: { needs: "admin" },
      schema: {
        operationId: "revokeKey",
        summary: "Revoke an API key: within seconds no process knows it any more",
        tags: ["keys"],
        params: Type.Object({ id: Type.String({ maxLength: 64 }) }),
        response: { 200: KeySchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request) => {
      checkText(request.params.id, "id");
      const revoked = await revokeKey(database, request.params.id, { keepAdmin: !keys.hasSettingsKeys });
      keys.forget();
      log.info({ keyId: revoked.id, by: request.caller.id }, "API key revoked");
      return describe(revoked);
    },
  );
};

function checkText(text: string, field: string): void {
  if (text.isWellFormed() && !text.includes("\u0000")) return;
  throw new PolysemeError("invalid", `${field} holds what no database can store.`, { details: { field } });
}

function checkCollection(name: string): void {
  const fault = collectionNameFault(name);
  if (fault !== undefined) throw new PolysemeError("invalid", fault, { details: { field: "collections" } });
}

function describe(key: ApiKey): Static<typeof KeySchema> {
  const { createdAt, lastUsedAt, revokedAt, collections, ...rest } = key;
  return {
    ...rest,
    collections: collections === null ? null : [...collections],
    createdAt: createdAt.toISOString(),
    lastUsedAt: lastUsedAt?.toISOString() ?? null,
    revokedAt: revokedAt?.toISOString() ?? null,
  };
}
