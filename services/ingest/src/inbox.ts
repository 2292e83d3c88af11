import { asPolysemeError, isRecord, messageOf, pause, PolysemeError } from "@polyseme/core";
import { HandBack } from "@polyseme/queue";
import { pushDocuments, type PushDeps } from "./push.ts";
import type { PushItem } from "./sources.ts";

/** Between tries while Postgres is away; an outside producer's job may have no attempts of its own to spend. */
const RETRY_MS = 1_000;

/**
 * Takes one job of the inbox through the same door as a push.
 * @throws PolysemeError with the first rejection's code, after the job's other documents were accepted;
 * HandBack when `signal` is aborted before Postgres could be reached
 */
export async function acceptInboxJob(
  deps: PushDeps,
  data: unknown,
  jobName: string,
  signal: AbortSignal,
): Promise<void> {
  const { collection, items } = parseInboxJob(data, jobName);
  for (;;) {
    try {
      const { rejected } = await pushDocuments(deps, collection, items, signal);
      const [first] = rejected;
      if (first === undefined) return;
      const others = rejected.length > 1 ? ` (and ${rejected.length - 1} more rejected)` : "";
      throw new PolysemeError(first.code, `${first.field}: ${first.message}${others}`, { details: { rejected } });
    } catch (error) {
      const known = asPolysemeError(error);
      if (known.retry === "never") throw known;
      deps.log.warn({ reason: messageOf(error) }, "inbox job waits");
      await pause(RETRY_MS, signal);
      if (signal.aborted) throw new HandBack();
    }
  }
}

function parseInboxJob(data: unknown, jobName: string): { collection: string; items: PushItem[] } {
  const invalid = (field: string, message: string): PolysemeError =>
    new PolysemeError("invalid", message, { details: { field } });
  if (!isRecord(data)) throw invalid("data", "The job's data must be an object.");
  const { collection } = data;
  if (typeof collection !== "string") throw invalid("collection", "collection must be a string.");
  switch (jobName) {
    case "document":
      return { collection, items: [{ kind: "value", value: data }] };
    case "documents":
      if (!Array.isArray(data["documents"])) throw invalid("documents", "documents must be an array.");
      return { collection, items: data["documents"].map((value: unknown) => ({ kind: "value", value })) };
    default:
      throw invalid("name", `The job's name must be "document" or "documents", not "${jobName.slice(0, 64)}".`);
  }
}
