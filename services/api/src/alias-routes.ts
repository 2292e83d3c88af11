import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { checkCollectionName, PolysemeError } from "@polyseme/core";
import { ErrorSchema, mayTouch } from "@polyseme/http";
import { deleteAlias, listAliases, setAlias, type Alias, type Database } from "@polyseme/store";
import { Type, type Static } from "typebox";

const AliasSchema = Type.Object({
  name: Type.String(),
  collection: Type.String(),
  createdAt: Type.String(),
  changedAt: Type.String({ description: "When it came to stand for this collection" }),
});

const AliasParams = Type.Object({ alias: Type.String() });

/** Other names of collections: make or move, list, remove. */
export const aliasRoutes: FastifyPluginAsyncTypebox<{ database: Database }> = async (app, { database }) => {
  await Promise.resolve();
  app.put(
    "/v1/aliases/:alias",
    {
      config: { needs: "admin" },
      schema: {
        summary: "Make an alias, or let it stand for another collection",
        tags: ["aliases"],
        params: AliasParams,
        body: Type.Object(
          { collection: Type.String({ minLength: 1, maxLength: 63 }) },
          { additionalProperties: false },
        ),
        response: { 200: AliasSchema, 201: AliasSchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const name = checkCollectionName(request.params.alias, "alias");
      const { alias, created } = await setAlias(database, name, request.body.collection);
      return reply.status(created ? 201 : 200).send(describe(alias));
    },
  );

  app.get(
    "/v1/aliases",
    {
      config: { needs: "read", tiedKeys: "served" },
      schema: {
        summary: "All aliases that the key may use, or whose collection it may",
        tags: ["aliases"],
        response: { 200: Type.Object({ aliases: Type.Array(AliasSchema) }) },
      },
    },
    async ({ caller }) => {
      const all = await listAliases(database);
      const seen = all.filter(({ name, collection }) => mayTouch(caller, name) || mayTouch(caller, collection));
      return { aliases: seen.map(describe) };
    },
  );

  app.delete(
    "/v1/aliases/:alias",
    {
      config: { needs: "admin" },
      schema: {
        summary: "Remove an alias; its collection stays",
        tags: ["aliases"],
        params: AliasParams,
        response: { 200: Type.Object({ deleted: Type.String() }), "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request) => {
      const { alias: name } = request.params;
      if (!(await deleteAlias(database, name)))
        throw new PolysemeError("not_found", `There is no alias "${name}".`, { details: { field: "alias" } });
      return { deleted: name };
    },
  );
};

function describe({ createdAt, changedAt, ...alias }: Alias): Static<typeof AliasSchema> {
  return { ...alias, createdAt: createdAt.toISOString(), changedAt: changedAt.toISOString() };
}
