import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { ANSWER_CHARACTERS, cutMetadata } from "../bounds.ts";
import type { McpOptions } from "../mcp-server.ts";
import { answer, orRefusal } from "../tool-answer.ts";
import { collectionInput, documentId, READS } from "./inputs.ts";

const DEFAULT_CHARACTERS = 8_000;
const MOST_CHARACTERS = ANSWER_CHARACTERS - 4_000;

/** `get_document`: a document's text, a part at a time. */
export function addDocumentTool(server: McpServer, { client, collection: fallback }: McpOptions): void {
  server.registerTool(
    "get_document",
    {
      title: "Read a document",
      description: "Gives a document's text from an offset on, with its metadata and state.",
      annotations: READS,
      inputSchema: z.object({
        id: documentId,
        collection: collectionInput(fallback),
        offset: z.number().int().min(0).default(0).describe("Where to begin, such as a search hit's start"),
        characters: z
          .number()
          .int()
          .min(1)
          .max(MOST_CHARACTERS)
          .default(DEFAULT_CHARACTERS)
          .describe("Most of the text"),
      }),
    },
    ({ id, collection, offset, characters }, { mcpReq: { signal } }) =>
      orRefusal(async () => {
        const document = await client.documents.get(collection, id, { signal });
        const { title, text, metadata, state, version, error } = document;
        const end = Math.min(offset + characters, text.length);
        return answer({
          id,
          ...(title === null ? {} : { title }),
          state,
          version,
          ...(error === undefined ? {} : { error }),
          metadata: cutMetadata(metadata),
          text: text.slice(offset, end).toWellFormed(),
          total_characters: text.length,
          ...(end < text.length ? { next_offset: end } : {}),
        });
      }),
  );
}
