import { asPolysemeError, distinctCauses, NO_TRACING, traced, type Metrics, type Tracing } from "@polyseme/core";
import { storeChunks, type Database, type EmbeddedDocument, type WriteTarget } from "@polyseme/store";

/**
 * Groups finished documents into statements. While others are in work a statement waits a moment for them, as each costs
 * the cores that the encoder wants; the last one in work waits for nobody.
 */
export interface ChunkWriter {
  /**
   * `stale`: the document was replaced or deleted meanwhile. `moved`: the collection has another live generation by now,
   * so the document must be embedded for that one.
   * @param trace `traceparent` of the document's job
   */
  write(target: WriteTarget, document: EmbeddedDocument, trace?: string): Promise<WriteOutcome>;
}

export type WriteOutcome = "stored" | "stale" | "moved";

/** Chunks a statement: some 1.5 kB each at 384 dimensions. */
const MAX_CHUNKS = 512;
/** From the beginning of one statement to that of the next while more documents are in work. */
const GROUP_MS = 200;

interface Finished {
  readonly target: WriteTarget;
  readonly document: EmbeddedDocument;
  readonly trace: string | undefined;
  readonly resolve: (outcome: WriteOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What waits is bounded by what the embedder has claimed.
 * @param inWork documents that may come to be written, those that wait for it included
 */
export function makeChunkWriter(
  database: Database,
  metrics: Metrics,
  inWork: () => number,
  tracing = NO_TRACING,
): ChunkWriter {
  const waiting: Finished[] = [];
  let writing = false;
  let nextAtMs = -Infinity;
  let timer: NodeJS.Timeout | undefined;

  function pump(): void {
    clearTimeout(timer);
    if (writing || waiting.length === 0) return;
    const waitMs = isWorthWaiting(waiting, inWork()) ? nextAtMs - performance.now() : 0;
    if (waitMs > 0) {
      timer = setTimeout(pump, waitMs);
      return;
    }
    writing = true;
    nextAtMs = performance.now() + GROUP_MS;
    void writeBatch({ database, metrics, tracing }, takeBatch(waiting)).then(() => {
      writing = false;
      pump();
    });
  }

  return {
    write: (target, document, trace) =>
      new Promise((resolve, reject) => {
        waiting.push({ target, document, trace, resolve, reject });
        pump();
      }),
  };
}

function isWorthWaiting(waiting: readonly Finished[], inWork: number): boolean {
  if (waiting.length >= inWork) return false;
  return waiting.reduce((sum, { document }) => sum + document.chunks.length, 0) < MAX_CHUNKS;
}

/** Removes from the front what fits one statement: one target, up to so many chunks, at least one document. */
function takeBatch(waiting: Finished[]): Finished[] {
  const batch: Finished[] = [];
  let chunks = 0;
  const target = waiting[0]?.target;
  for (let i = 0; i < waiting.length;) {
    const next = waiting[i];
    if (next === undefined) break;
    const sameTarget =
      next.target.collectionId === target?.collectionId && next.target.generation === target.generation;
    if (sameTarget && batch.length > 0 && chunks + next.document.chunks.length > MAX_CHUNKS) break;
    if (!sameTarget) {
      i += 1;
      continue;
    }
    waiting.splice(i, 1);
    batch.push(next);
    chunks += next.document.chunks.length;
  }
  return batch;
}

interface WriterDeps {
  readonly database: Database;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
}

/** Never rejects: each document learns its own fate. A statement that fails for one document's sake is halved. */
async function writeBatch(deps: WriterDeps, batch: readonly Finished[]): Promise<void> {
  const [first] = batch;
  if (first === undefined) return;
  const { database, metrics, tracing } = deps;
  const stopTimer = metrics.stageSeconds.startTimer({ stage: "write" });
  metrics.groupDocuments.observe({ group: "write" }, batch.length);
  try {
    const documents = batch.map(({ document }) => document);
    const causes = distinctCauses(batch.map(({ trace }) => trace));
    const attributes = { "polyseme.documents": documents.length };
    const { stored, moved } = await traced(tracing, "store chunks", { causes, attributes }, () =>
      storeChunks(database, first.target, documents),
    );
    metrics.tokenVectorBytes.inc(bytesOfUnits(batch));
    for (const { document, resolve } of batch) resolve(moved ? "moved" : stored.has(document.id) ? "stored" : "stale");
  } catch (error) {
    if (batch.length === 1 || asPolysemeError(error).code === "unavailable") {
      for (const { reject } of batch) reject(error);
      return;
    }
    const half = Math.ceil(batch.length / 2);
    await writeBatch(deps, batch.slice(0, half));
    await writeBatch(deps, batch.slice(half));
  } finally {
    stopTimer();
  }
}

function bytesOfUnits(batch: readonly Finished[]): number {
  let bytes = 0;
  for (const { document } of batch) for (const { units } of document.chunks) bytes += units?.packed.length ?? 0;
  return bytes;
}
