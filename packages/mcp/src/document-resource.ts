import { type McpServer, ResourceTemplate } from "@modelcontextprotocol/server";
import { cutText } from "./bounds.ts";
import type { McpOptions } from "./mcp-server.ts";

/** A person attached it on purpose, so it may be longer than a tool's answer. */
const MOST_CHARACTERS = 200_000;

/** Documents as resources: `polyseme://documents/{collection}/{id}`, each part percent-encoded. */
export function addDocumentResource(server: McpServer, { client }: McpOptions): void {
  server.registerResource(
    "document",
    new ResourceTemplate("polyseme://documents/{collection}/{id}", { list: undefined }),
    { title: "A document", description: "The text of a document in a collection", mimeType: "text/plain" },
    async (uri, { collection, id }, { mcpReq: { signal } }) => {
      const document = await client.documents.get(partOf(collection), partOf(id), { signal });
      const { text } = cutText(document.text, MOST_CHARACTERS);
      return { contents: [{ uri: uri.href, mimeType: "text/plain", text }] };
    },
  );
}

function partOf(value: string | string[] | undefined): string {
  const text = Array.isArray(value) ? value.join(",") : (value ?? "");
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
