import { McpServer } from "@modelcontextprotocol/server";
import type { InspectAnswer, Polyseme } from "@polyseme/client";
import { addDocumentResource } from "./document-resource.ts";
import { addCollectionsTool } from "./tools/list-collections.ts";
import { addDocumentTool } from "./tools/get-document.ts";
import { addInspectTool } from "./tools/inspect.ts";
import { addPushTool } from "./tools/push.ts";
import { addSearchTool } from "./tools/search.ts";

export interface McpOptions {
  readonly client: Polyseme;
  readonly version: string;
  /** The collection of calls that name none. */
  readonly collection: string;
  /** Without the tools that change something. */
  readonly readOnly: boolean;
  /** For the words that two texts share, how near their vectors are; what it answers is shown as it is. */
  readonly compareWords: (a: InspectedText, b: InspectedText) => readonly object[];
}

export interface InspectedText {
  readonly text: string;
  readonly answer: InspectAnswer;
}

const INSTRUCTIONS =
  "polyseme holds collections of documents and finds them by meaning. `search` gives the best passage of each document; " +
  "`get_document` reads on from there (offsets count UTF-16 units). Scores are cosines: compare them within one answer only.";

/** One connection's server: tools to search, read, inspect and, unless read-only, push. */
export function makeMcpServer(options: McpOptions): McpServer {
  const server = new McpServer({ name: "polyseme", version: options.version }, { instructions: INSTRUCTIONS });
  addSearchTool(server, options);
  addDocumentTool(server, options);
  addCollectionsTool(server, options);
  addInspectTool(server, options);
  addDocumentResource(server, options);
  if (!options.readOnly) addPushTool(server, options);
  return server;
}
