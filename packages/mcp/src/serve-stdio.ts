import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { serveStdio, StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { makeMcpServer, type McpOptions } from "./mcp-server.ts";

/** A push of the largest documents that a tool takes. */
const MOST_MESSAGE_BYTES = 64 * 1024 * 1024;

/**
 * Serves one connection over these streams; resolves when the other side has closed its end, or when told to stop.
 * @param streams nothing else may write to `output`
 */
export async function serveMcpStdio(
  options: McpOptions,
  streams: { readonly input: Readable; readonly output: Writable },
  { signal, onError }: { readonly signal: AbortSignal; readonly onError: (error: Error) => void },
): Promise<void> {
  const transport = new StdioServerTransport(streams.input, streams.output, { maxBufferSize: MOST_MESSAGE_BYTES });
  const ended = Promise.race([once(streams.input, "end"), once(streams.input, "close"), once(signal, "abort")]);
  const connection = serveStdio(() => makeMcpServer(options), { transport, onerror: onError });
  try {
    if (!signal.aborted) await ended;
  } finally {
    await connection.close();
  }
}
