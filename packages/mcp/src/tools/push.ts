import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import type { McpOptions } from "../mcp-server.ts";
import { answer, orRefusal } from "../tool-answer.ts";
import { collectionInput, documentId } from "./inputs.ts";

const MOST_DOCUMENTS = 100;
const TEXT_CHARACTERS = 1_000_000;
const TITLE_CHARACTERS = 1_024;
const LISTED_FAULTS = 20;
/** Embedding goes on without us; what is not done by then is said to be pending. */
const WAIT_MS = 50_000;

/** `push`: adds documents, or new versions of them, and waits until they can be found. */
export function addPushTool(server: McpServer, { client, collection: fallback }: McpOptions): void {
  server.registerTool(
    "push",
    {
      title: "Push documents",
      description:
        "Adds documents to a collection (made when it is not there) and waits until they can be found. An id that is there " +
        "already gets a new version.",
      annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
      inputSchema: z.object({
        collection: collectionInput(fallback),
        documents: z
          .array(
            z.object({
              id: documentId,
              text: z.string().min(1).max(TEXT_CHARACTERS),
              title: z.string().max(TITLE_CHARACTERS).optional(),
              metadata: z.record(z.string(), z.unknown()).optional(),
            }),
          )
          .min(1)
          .max(MOST_DOCUMENTS),
      }),
    },
    ({ collection, documents }, { mcpReq: { signal } }) =>
      orRefusal(async () => {
        const { ticket, accepted, unchanged, rejected } = await client.push(collection, documents.map(toPush), {
          signal,
        });
        const waiting = AbortSignal.any([signal, AbortSignal.timeout(WAIT_MS)]);
        const { stored, failed, pending, failures } = await ticket.wait({ signal: waiting }).catch((error: unknown) => {
          if (signal.aborted || !waiting.aborted) throw error;
          return ticket.status({ signal });
        });
        return {
          ...answer({
            accepted,
            unchanged,
            stored,
            failed,
            pending,
            rejected: rejected.slice(0, LISTED_FAULTS),
            failures: failures.slice(0, LISTED_FAULTS),
          }),
          ...(rejected.length + failed > 0 ? { isError: true } : {}),
        };
      }),
  );
}

interface Input {
  readonly id: string;
  readonly text: string;
  readonly title?: string | undefined;
  readonly metadata?: Record<string, unknown> | undefined;
}

function toPush({ id, text, title, metadata }: Input) {
  return {
    id,
    text,
    ...(title === undefined ? {} : { title }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
