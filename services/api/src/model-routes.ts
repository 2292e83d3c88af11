import { stat } from "node:fs/promises";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { PolysemeError } from "@polyseme/core";
import type { FoundModel, ModelCatalog } from "@polyseme/encoder";
import { OpenAiErrorSchema } from "@polyseme/http";
import { Type, type Static } from "typebox";

const ModelSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal("model"),
  created: Type.Integer({ description: "When its folder was last changed, in seconds since 1970" }),
  owned_by: Type.String(),
});

/** OpenAI's list of models: those that lie here. */
export const modelRoutes: FastifyPluginAsyncTypebox<{ catalog: ModelCatalog }> = async (app, { catalog }) => {
  await Promise.resolve();
  app.get(
    "/v1/models",
    {
      config: { needs: "read", tiedKeys: "served", errors: "openai" },
      schema: {
        operationId: "listModels",
        summary: "The models that lie here, in OpenAI's shape, the default one first",
        tags: ["meaning"],
        response: {
          200: Type.Object({ object: Type.Literal("list"), data: Type.Array(ModelSchema) }),
          "4xx": OpenAiErrorSchema,
          "5xx": OpenAiErrorSchema,
        },
      },
    },
    async () => ({ object: "list" as const, data: await Promise.all((await catalog.list()).map(describe)) }),
  );

  app.get(
    "/v1/models/:model",
    {
      config: { needs: "read", tiedKeys: "served", errors: "openai" },
      schema: {
        operationId: "getModel",
        summary: "One model, in OpenAI's shape",
        tags: ["meaning"],
        params: Type.Object({ model: Type.String() }),
        response: { 200: ModelSchema, "4xx": OpenAiErrorSchema, "5xx": OpenAiErrorSchema },
      },
    },
    async ({ params: { model } }) => describe(await found(catalog, model)),
  );
};

/** @throws PolysemeError `not_found`, as OpenAI's clients expect it for a model that is not there */
async function found(catalog: ModelCatalog, name: string): Promise<FoundModel> {
  return catalog.find(name).catch((error: unknown) => {
    if (!(error instanceof PolysemeError) || error.code !== "invalid") throw error;
    throw new PolysemeError("not_found", error.message, { details: { field: "model" } });
  });
}

async function describe({ name, folder }: FoundModel): Promise<Static<typeof ModelSchema>> {
  const { mtimeMs } = await stat(folder);
  const slash = name.indexOf("/");
  return {
    id: name,
    object: "model",
    created: Math.floor(mtimeMs / 1_000),
    owned_by: slash > 0 ? name.slice(0, slash) : "polyseme",
  };
}
