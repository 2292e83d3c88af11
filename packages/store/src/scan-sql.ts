import { FILTERED_SPARE, type Scan } from "./choose-scan.ts";
import { graphOrder } from "./indexes/vector-index.ts";
import type { StatementSettings } from "./statement-settings.ts";

/** Documents up to which those that match a filter are looked up one by one, and their chunks compared. */
export const FEW_DOCUMENTS = 2_000;

const CHUNK = "document_id, ordinal, start_offset, end_offset, text";
const QUERY = "$2::vector";
const DISTANCE = `embedding <=> ${QUERY}`;
/** Another order than the graph's, which the planner would take unasked. */
const EXACT_ORDER = `(${DISTANCE}) + 0`;

/** Tuples that a scan of the graph looks at before it gives up, when it is asked for more than it found at first. */
const SCAN_TUPLES = { least: 20_000, each: 20, filteredEach: 2_000, most: 200_000 } as const;

interface Scanned {
  readonly table: string;
  readonly dimensions: number;
  /** On `d.metadata`; undefined: every document will do. */
  readonly condition: string | undefined;
}

/**
 * The expressions of a `with` that end in `nearest`: a chunk's columns and its `distance`. $1 is the collection's number, $2
 * the query, $3 the limit.
 */
export function scanSql({ table, dimensions, condition }: Scanned, scan: Scan): string {
  const documents = "polyseme_store.documents d where d.collection_id = $1";
  switch (scan.kind) {
    case "few":
      return `matching as materialized (
          select d.id from ${documents} and ${condition ?? "true"} limit ${FEW_DOCUMENTS} + 1
        ), nearest as materialized (
          select c.* from matching m cross join lateral (
            select ${CHUNK}, ${DISTANCE} as distance from ${table} where document_id = m.id offset 0
          ) c
          where (select count(*) from matching) <= ${FEW_DOCUMENTS} order by c.distance limit $3
        )`;
    case "exact": {
      const from =
        condition === undefined
          ? table
          : `${table} where document_id in (select d.id from ${documents} and ${condition})`;
      return `nearest as materialized (
          select ${CHUNK}, ${DISTANCE} as distance from ${from} order by ${EXACT_ORDER} limit $3
        )`;
    }
    case "graph": {
      const probe =
        condition === undefined
          ? ""
          : // Document by document, in the graph's order; joined otherwise, that order is lost.
            `cross join lateral (select from ${documents} and d.id = c.document_id and ${condition} offset 0) m`;
      const spare = condition === undefined ? "$3" : `$3 * ${FILTERED_SPARE}`;
      // What a coarser graph found is ranked by the full vectors, so more of it is read than is wanted.
      const limit = scan.precision === "full" ? spare : `greatest(${spare}, ${scan.candidates})`;
      return `found as materialized (
          select ${CHUNK}, ${DISTANCE} as distance from ${table} c ${probe}
          order by ${graphOrder(scan.precision, dimensions, QUERY)} limit ${limit}
        ), nearest as materialized (select * from found order by distance + 0 limit $3)`;
    }
    default:
      throw new Error(`Unknown scan ${String(scan satisfies never)}`);
  }
}

/** What the server is told for a scan. */
export function scanSettings(
  scan: Scan,
  { limit, filtered }: { readonly limit: number; readonly filtered: boolean },
): StatementSettings {
  // Compiling a plan takes longer than most scans.
  if (scan.kind !== "graph") return { jit: "off" };
  const each = filtered ? SCAN_TUPLES.filteredEach : SCAN_TUPLES.each;
  return {
    jit: "off",
    // The planner knows nothing of how long a vector takes to compare; that was measured.
    enable_seqscan: "off",
    enable_sort: "off",
    "hnsw.ef_search": String(scan.efSearch),
    // Goes on where the first `ef_search` were too few; the order is made good by the full distance.
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": String(Math.min(SCAN_TUPLES.most, Math.max(SCAN_TUPLES.least, each * limit))),
    // Of work_mem; what a scan has seen is kept in it.
    "hnsw.scan_mem_multiplier": "16",
  };
}
