import type { Collection } from "@polyseme/client";
import { renderTable } from "./table.ts";
import { duration, type Terminal } from "./terminal.ts";

const COLUMNS = [
  { title: "collection" },
  { title: "model" },
  { title: "stored", align: "right" },
  { title: "queued", align: "right" },
  { title: "embedding", align: "right" },
  { title: "failed", align: "right" },
  { title: "chunks", align: "right" },
  { title: "coverage", align: "right" },
  { title: "backlog", align: "right" },
] as const;

/** A row for each collection: documents by state, chunks, how much of it is searchable and what is still to do. */
export function printCollections(collections: readonly Collection[], out: Terminal): void {
  const rows = collections.map(({ name, model, documents, chunks, coverage, backlogSeconds }) => [
    name,
    model,
    ...[documents.stored, documents.queued, documents.embedding, documents.failed, chunks].map((count) =>
      count.toLocaleString("en"),
    ),
    // Rounded down: 100 % is said only when nothing is missing.
    `${(Math.floor(coverage * 1_000) / 10).toFixed(1)} %`,
    backlogSeconds === null ? "unknown" : backlogSeconds === 0 ? "none" : duration(backlogSeconds),
  ]);
  for (const line of renderTable(COLUMNS, rows, out)) out.line(line);
}
