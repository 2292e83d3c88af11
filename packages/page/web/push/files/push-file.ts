import type { PushAnswer, TicketStatus } from "@polyseme/client";
import { pause } from "../../parts/pause.ts";
import { pathOf, ServerError, type Server } from "../../server.ts";
import { fileDocuments, type FileItem } from "./file-documents.ts";
import { NOT_BEGUN, withRefused, withTicket, type FileProgress } from "./progress.ts";
import type { makeSlots } from "./slots.ts";

/** So much of a file is held at once, besides the piece that is read. */
const BATCH_CHARACTERS = 1024 * 1024;
const BATCH_DOCUMENTS = 500;
/** A server that is away or full for longer is given up. */
const PATIENCE_MS = 600_000;
const FIRST_WAIT_MS = 1_000;
const MOST_WAIT_MS = 15_000;
const WATCH_AGAIN_MS = 2_000;

export interface PushFileDeps {
  readonly server: Pick<Server, "lines" | "watch">;
  /** Browsers open some six connections to a server: pushes and event streams share them. */
  readonly sending: ReturnType<typeof makeSlots>;
  readonly watching: ReturnType<typeof makeSlots>;
  readonly onProgress: (progress: FileProgress) => void;
  readonly signal: AbortSignal;
}

/** Sends a file's documents in batches and follows them until all are stored or have failed. What goes wrong is told as progress. */
export async function pushFile(collection: string, file: File, deps: PushFileDeps): Promise<void> {
  const { sending, signal, onProgress } = deps;
  let progress = NOT_BEGUN;
  const change = (edit: (now: FileProgress) => FileProgress): void => {
    progress = edit(progress);
    onProgress(progress);
  };
  const tickets: string[] = [];
  try {
    await sending(signal, async () => {
      change((now) => ({ ...now, state: "sending" }));
      const onRead = (bytesRead: number): void => {
        progress = { ...progress, bytesRead };
      };
      for await (const batch of batchesOf(fileDocuments(file, onRead))) {
        signal.throwIfAborted();
        const ticket = await sendBatch(collection, batch, deps, change);
        if (ticket !== undefined) tickets.push(ticket);
      }
    });
    change((now) => ({ ...now, state: "embedding", bytesRead: file.size }));
    for (const ticket of tickets) await followTicket(ticket, deps, change);
    change((now) => ({ ...now, state: "done" }));
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    change((now) =>
      signal.aborted ? { ...now, state: "stopped" } : { ...now, state: "failed", error: asTold(error) },
    );
  }
}

type Change = (edit: (now: FileProgress) => FileProgress) => void;

export async function* batchesOf(items: AsyncIterable<FileItem>): AsyncGenerator<FileItem[]> {
  let batch: FileItem[] = [];
  let characters = 0;
  for await (const item of items) {
    const more = item.kind === "document" ? item.line.length : 0;
    if (batch.length === BATCH_DOCUMENTS || (batch.length > 0 && characters + more > BATCH_CHARACTERS)) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(item);
    characters += more;
  }
  if (batch.length > 0) yield batch;
}

/** @returns undefined when nothing of it has to be waited for */
async function sendBatch(
  collection: string,
  batch: readonly FileItem[],
  { server, signal }: PushFileDeps,
  change: Change,
): Promise<string | undefined> {
  const problems = batch.filter((item) => item.kind === "problem");
  if (problems.length > 0) change((now) => withRefused(now, problems));
  const documents = batch.filter((item) => item.kind === "document");
  if (documents.length === 0) return undefined;
  const body = documents.map(({ line }) => `${line}\n`).join("");
  const answer = await patiently(
    () => server.lines<PushAnswer>(`${pathOf(collection)}/documents`, body, signal),
    (standing) => {
      change((now) => ({ ...now, standing }));
    },
    signal,
  );
  const rejected = answer.rejected.map(({ index, ...why }) => ({ ...why, origin: documents[index]?.origin ?? "" }));
  change((now) => {
    const taken = withRefused(now, rejected, rejected.length + (answer.rejectedOmitted ?? 0));
    // What is unchanged and stored already counts as stored when its ticket says so.
    return {
      ...taken,
      sent: now.sent + answer.accepted + answer.unchanged,
      unchanged: now.unchanged + answer.unchanged,
    };
  });
  return answer.accepted + answer.unchanged === 0 ? undefined : answer.ticket;
}

const PASSING = new Set(["overloaded", "unavailable", "unreachable"]);

/** Asks again when the server has no room or is away: a push that was cut off changes nothing when it is sent again. */
async function patiently<T>(
  work: () => Promise<T>,
  onStanding: (why: string | undefined) => void,
  signal: AbortSignal,
): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, MOST_WAIT_MS)) {
    try {
      const answer = await work();
      onStanding(undefined);
      return answer;
    } catch (error) {
      if (!(error instanceof ServerError && PASSING.has(error.code)) || performance.now() > until) throw error;
      const nextMs = Math.min(error.retryAfterMs ?? waitMs, MOST_WAIT_MS);
      onStanding(`${error.message} Goes on in ${Math.ceil(nextMs / 1_000)} s.`);
      await pause(nextMs, signal);
    }
  }
}

async function followTicket(ticket: string, { server, watching, signal }: PushFileDeps, change: Change): Promise<void> {
  let last: TicketStatus | undefined;
  while (last === undefined || last.pending > 0) {
    await watching(signal, async () => {
      try {
        for await (const status of server.watch(ticket, signal)) {
          const before = last;
          change((now) => withTicket(now, before, status));
          last = status;
        }
      } catch (error) {
        // A stream that was cut off is opened again; what the server refuses is not asked twice.
        if (signal.aborted || (error instanceof ServerError && !PASSING.has(error.code))) throw error;
      }
    });
    if (last === undefined || last.pending > 0) await pause(WATCH_AGAIN_MS, signal);
  }
}

function asTold(error: Error): Error {
  if (error instanceof TypeError) return new Error("The file is not UTF-8 text. Save it as UTF-8 and try again.");
  if (error instanceof SyntaxError) return new Error(`The file is not JSON: ${error.message}`);
  return error;
}
