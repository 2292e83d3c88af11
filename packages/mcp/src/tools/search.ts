import type { McpServer } from "@modelcontextprotocol/server";
import type { Filter, SearchHit } from "@polyseme/client";
import { z } from "zod";
import { cutMetadata, cutText, takeWhatFits } from "../bounds.ts";
import type { McpOptions } from "../mcp-server.ts";
import { answer, orRefusal } from "../tool-answer.ts";
import { collectionInput, READS } from "./inputs.ts";

const DEFAULT_K = 8;
const MOST_K = 50;
const QUERY_CHARACTERS = 32_768;
const PASSAGE_CHARACTERS = 2_000;

/** `search`: the documents nearest in meaning, each with its best passage. */
export function addSearchTool(server: McpServer, { client, collection: fallback }: McpOptions): void {
  server.registerTool(
    "search",
    {
      title: "Search by meaning",
      description: "Finds the documents nearest in meaning to a query, each with its best passage, best first.",
      annotations: READS,
      inputSchema: z.object({
        query: z.string().min(1).max(QUERY_CHARACTERS).describe("What to look for, in plain words"),
        collection: collectionInput(fallback),
        k: z.number().int().min(1).max(MOST_K).default(DEFAULT_K).describe("Most documents"),
        mode: z
          .enum(["vector", "hybrid", "lexical"])
          .optional()
          .describe("By meaning (vector, the default), by its words (lexical), or by both (hybrid)"),
        filter: z
          .record(z.string(), z.unknown())
          .optional()
          .describe('Only documents whose metadata match, such as {"year": {"$gte": 2020}, "lang": "en"}'),
      }),
    },
    ({ query, collection, k, mode, filter }, { mcpReq: { signal } }) =>
      orRefusal(async () => {
        const request = {
          query,
          k,
          ...(mode === undefined ? {} : { mode }),
          // The server checks it and says what is wrong.
          ...(filter === undefined ? {} : { filter: filter as Filter }),
        };
        const { hits } = await client.search(collection, request, { signal });
        const { taken, leftOut } = takeWhatFits(hits.map(toPassage));
        return answer({ hits: taken, ...(leftOut > 0 ? { left_out_to_keep_it_short: leftOut } : {}) });
      }),
  );
}

function toPassage({ id, score, title, chunk, metadata }: SearchHit): object {
  const { text, cut } = cutText(chunk.text, PASSAGE_CHARACTERS);
  return {
    id,
    score: Number(score.toFixed(4)),
    ...(title === null ? {} : { title }),
    text,
    ...(cut === true ? { cut } : {}),
    start: chunk.start,
    end: chunk.end,
    ...(Object.keys(metadata).length > 0 ? { metadata: cutMetadata(metadata) } : {}),
  };
}
