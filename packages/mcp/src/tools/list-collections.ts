import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { takeWhatFits } from "../bounds.ts";
import type { McpOptions } from "../mcp-server.ts";
import { answer, orRefusal } from "../tool-answer.ts";
import { READS } from "./inputs.ts";

/** `list_collections`: what there is to search. */
export function addCollectionsTool(server: McpServer, { client }: McpOptions): void {
  server.registerTool(
    "list_collections",
    {
      title: "List the collections",
      description:
        "Names the collections with their model, their number of documents and how many of those are searchable.",
      annotations: READS,
      inputSchema: z.object({}),
    },
    (_input, { mcpReq: { signal } }) =>
      orRefusal(async () => {
        const collections = await client.collections.list({ signal });
        const described = collections.map(({ name, model, language, documents, chunks, coverage }) => ({
          name,
          model,
          language,
          documents,
          chunks,
          coverage,
        }));
        const { taken, leftOut } = takeWhatFits(described);
        return answer({ collections: taken, ...(leftOut > 0 ? { left_out_to_keep_it_short: leftOut } : {}) });
      }),
  );
}
