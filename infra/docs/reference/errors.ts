import { ERROR_CODES, ERROR_MEANINGS, type ErrorCode, type RetryPolicy } from "@polyseme/core";
import { code, table } from "./markdown-text.ts";

const RETRY: Readonly<Record<RetryPolicy, string>> = {
  never: "no: the same input fails again",
  backoff: "a few times, each later than the last",
  wait: "for as long as it takes",
};

/** Every error code with its HTTP status and whether to try again. */
export function errorsReference(): string {
  const rows = (Object.keys(ERROR_CODES) as ErrorCode[]).map((name) => {
    const { status, retry } = ERROR_CODES[name];
    return [code(name), String(status), RETRY[retry], ERROR_MEANINGS[name]];
  });
  return `# Error codes

One closed list, for answers over HTTP, for failed documents in the ledger, for refused jobs of the inbox queue and for the
labels of metrics. Over HTTP every error is \`{"error": {"code", "message", "details"?}}\`; the message says what to do next.
Embedders follow the same list: what may be tried again is tried again by itself, up to its attempts.

${table(["code", "HTTP status", "try again?", "meaning"], rows)}

Routes of OpenAI's and of text-embeddings-inference's shape answer errors in those shapes: [Fitting in](../fitting-in.md).
`;
}
