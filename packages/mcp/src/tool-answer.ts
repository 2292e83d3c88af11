import type { CallToolResult } from "@modelcontextprotocol/server";
import { PolysemeRequestError } from "@polyseme/client";

/** JSON without white space: the reader is a model. */
export function answer(value: object): CallToolResult {
  return { content: [{ type: "text", text: JSON.stringify(value) }] };
}

/** What the server refused is for the model to read and mend; anything else is thrown on. */
export async function orRefusal(work: () => Promise<CallToolResult>): Promise<CallToolResult> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof PolysemeRequestError)) throw error;
    return { isError: true, content: [{ type: "text", text: `${error.code}: ${error.message}` }] };
  }
}
