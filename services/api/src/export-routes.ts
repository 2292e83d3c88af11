import { pipeline, Readable } from "node:stream";
import { constants, createGzip } from "node:zlib";
import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import {
  EXPORT_END,
  EXPORTED_VECTORS,
  PolysemeError,
  type ExportedVectors,
  type ExportHeader,
  type Log,
} from "@polyseme/core";
import { CollectionParams, ErrorSchema } from "@polyseme/http";
import { openExport, type CollectionExport, type Database, type ExportedDocument } from "@polyseme/store";
import { Type } from "typebox";

/** Each holds a connection, and old row versions for as long as it lasts. */
const MOST_EXPORTS = 2;
const RETRY_AFTER_SECONDS = 10;
/** Lines are sent in parts of about so many characters: each costs a turn of the event loop. */
const PART_CHARACTERS = 64 * 1024;

/** A stream is sent as it is: this describes it and serialises nothing. */
const LinesSchema = {
  description:
    "NDJSON: a line of settings, a line for each document, a last line with counts. Without the last, it was cut.",
  content: { "application/x-ndjson": { schema: Type.Unsafe<Readable>({ type: "object" }) } },
};

/** Everything that is in a collection, as one stream. */
export const exportRoutes: FastifyPluginAsyncTypebox<{ database: Database; log: Log }> = async (
  app,
  { database, log },
) => {
  await Promise.resolve();
  let running = 0;
  app.get(
    "/v1/collections/:collection/export",
    {
      config: { needs: "read" },
      schema: {
        summary: "Documents with chunks and vectors, all of one moment",
        tags: ["transfer"],
        params: CollectionParams,
        querystring: Type.Object({
          vectors: Type.Optional(
            Type.Enum([...EXPORTED_VECTORS], {
              description: "base64 (of 32-bit little-endian floats; the default), json (arrays of numbers) or none",
            }),
          ),
        }),
        response: { 200: LinesSchema, "4xx": ErrorSchema, "5xx": ErrorSchema },
      },
    },
    async (request, reply) => {
      const { vectors = "base64" } = request.query;
      if (running >= MOST_EXPORTS)
        throw new PolysemeError("overloaded", `${MOST_EXPORTS} exports are under way. Try again when one is done.`, {
          details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
        });
      running += 1;
      // Also when nothing of the stream is ever read.
      reply.raw.once("close", () => (running -= 1));
      const source = await openExport(database, request.params.collection, { embeddings: vectors !== "none" });
      reply.raw.once("close", () => void source.close());
      if (reply.raw.destroyed) await source.close();
      const lines = Readable.from(inParts(linesOf(source, vectors)), { objectMode: false });
      const told = (error: Error | null | undefined): void => {
        if (error) log.warn({ reason: error.message }, "an export was cut");
      };
      void reply.type("application/x-ndjson").header("vary", "accept-encoding");
      if (!takesGzip(request.headers["accept-encoding"])) return reply.send(lines.on("error", told));
      // Vectors hardly shrink, and a higher level only costs time.
      const gzip = createGzip({ level: constants.Z_BEST_SPEED });
      return reply.header("content-encoding", "gzip").send(pipeline(lines, gzip, told));
    },
  );
};

async function* linesOf(source: CollectionExport, vectors: ExportedVectors): AsyncGenerator<string> {
  const { name, language, generation } = source.collection;
  const { model, dimensions, chunking, tokens, sparse = null } = generation;
  const header: ExportHeader = {
    polyseme: "export",
    version: 1,
    collection: name,
    settings: { model, dimensions, chunking, ...tokens, language, ...(sparse === null ? {} : { sparse }) },
    vectors,
    documents: source.documents,
  };
  yield JSON.stringify(header);
  const counts = { documents: 0, chunks: 0 };
  for await (const document of source.read()) {
    counts.documents += 1;
    counts.chunks += document.chunks.length;
    yield lineOf(document, vectors);
  }
  yield JSON.stringify({ polyseme: EXPORT_END, ...counts });
}

function lineOf(
  { id, title, text, metadata, version, state, storedAt, chunks }: ExportedDocument,
  vectors: ExportedVectors,
): string {
  return JSON.stringify({
    id,
    title,
    text,
    metadata,
    version,
    state,
    storedAt,
    chunks: chunks.map(({ start, end, tokens, embedding }) => ({
      start,
      end,
      tokens,
      ...(embedding === undefined ? {} : { embedding: vectors === "json" ? [...embedding] : base64Of(embedding) }),
    })),
  });
}

function base64Of({ buffer, byteOffset, byteLength }: Float32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

async function* inParts(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let part = "";
  for await (const line of lines) {
    part += `${line}\n`;
    if (part.length < PART_CHARACTERS) continue;
    yield part;
    part = "";
  }
  if (part !== "") yield part;
}

function takesGzip(header: string | undefined): boolean {
  return (header ?? "").split(",").some((part) => {
    const [coding = "", ...params] = part.split(";").map((one) => one.trim().toLowerCase());
    return coding === "gzip" && !params.some((param) => /^q=0(\.0*)?$/.test(param));
  });
}
