import { isRecord } from "@polyseme/core";
import type { SourceDatabase } from "../postgres/connection.ts";
import { askGreatest, askHorizon, lookFrom, type NumberMark } from "../postgres/horizon.ts";
import { missingIds, readChangedRows, readRows, type Row } from "../postgres/read-rows.ts";
import type { RowSource } from "../postgres/row-source.ts";
import { digestDocument } from "../record/digest.ts";
import type { OpenedRecord } from "../record/open-record.ts";
import type { SourceItem } from "../sources/source.ts";

/** Rows of a database with what they have given before. */
export interface RecordedRows extends OpenedRecord {
  readonly database: SourceDatabase;
  readonly source: RowSource;
  /** Read and send everything, whatever the record says. */
  readonly resend: boolean;
}

export interface RowCounts {
  rows: number;
  /** Rows that are as the record has them: not sent. */
  untouched: number;
}

/** Where the next look for changes begins. */
interface Follow {
  /** undefined: from the first row. */
  readonly from?: string | undefined;
  /** Of cursors that are numbers. */
  readonly marks?: readonly NumberMark[];
}

/** What the record keeps between runs. */
interface State {
  readonly mapping: string;
  /** A pass over all rows is under way: it began so, and came to this id. */
  readonly begun?: Follow | undefined;
  readonly after?: string | undefined;
  /** All rows were read once; changes are read from here. */
  readonly follow?: Follow | undefined;
}

const KEYS_AT_ONCE = 1_000;

/** What the record says of an earlier run; what it says is void when rows become other documents now. */
function stateOf({ record, source, isTrusted, resend }: RecordedRows): State {
  const { state } = record;
  if (!isTrusted || resend || state["mapping"] !== source.mapping) return { mapping: source.mapping };
  return {
    mapping: source.mapping,
    after: typeof state["after"] === "string" ? state["after"] : undefined,
    begun: isRecord(state["begun"]) ? state["begun"] : undefined,
    follow: isRecord(state["follow"]) ? state["follow"] : undefined,
  };
}

/** Whether an earlier run has read all rows, so that their changes are all there is to read. */
export function canFollow(rows: RecordedRows): boolean {
  return rows.source.cursor !== undefined && stateOf(rows).follow !== undefined;
}

/** All rows, from where an earlier run was stopped. Call `done` once all of them are answered for. */
export function allRows(rows: RecordedRows, counts: RowCounts): { items: AsyncIterable<SourceItem>; done: () => void } {
  const { record, source } = rows;
  let begun: Follow | undefined;
  const items = async function* (): AsyncGenerator<SourceItem> {
    const state = stateOf(rows);
    begun = state.after === undefined ? await nextFollow(rows, undefined) : (state.begun ?? {});
    const progress = new Progress((after) => {
      record.setState({ mapping: source.mapping, begun, after });
    });
    for await (const batch of readRows(rows.database, source, state.after)) {
      yield* documentsOf(batch, rows, counts, progress.batch(batch.at(-1)?.id));
      await record.flushSome();
    }
  };
  return {
    items: items(),
    done: () => {
      record.setState({ mapping: source.mapping, ...(source.cursor === undefined ? {} : { follow: begun }) });
    },
  };
}

/** Rows that changed since the last look. Call `done` once all of them are answered for. */
export function changedRows(
  rows: RecordedRows,
  counts: RowCounts,
): { items: AsyncIterable<SourceItem>; done: () => void } {
  const { record, source } = rows;
  const { follow } = stateOf(rows);
  let next: Follow | undefined;
  const items = async function* (): AsyncGenerator<SourceItem> {
    const { cursor } = source;
    if (cursor === undefined) throw new Error("Changes are found by a column that grows with each: --cursor COLUMN.");
    next = await nextFollow(rows, follow);
    for await (const batch of readChangedRows(rows.database, { ...source, cursor }, follow?.from))
      yield* documentsOf(batch, rows, counts, { opened: () => undefined, answered: () => undefined });
  };
  return {
    items: items(),
    done: () => {
      record.setState({ mapping: source.mapping, follow: next });
    },
  };
}

/** Where to look from after the look that follows now. */
async function nextFollow({ database, source }: RecordedRows, before: Follow | undefined): Promise<Follow> {
  if (source.cursor === undefined) return {};
  const horizon = await askHorizon(database);
  if (source.cursor.kind === "time") return { from: horizon.time };
  const greatest = await askGreatest(database, source);
  const marks = [...(before?.marks ?? []), ...(greatest === undefined ? [] : [greatest])];
  return lookFrom(marks, horizon.timeMs);
}

interface BatchProgress {
  opened(): void;
  answered(): void;
}

function* documentsOf(
  batch: readonly Row[],
  { record, source, isTrusted, resend }: RecordedRows,
  counts: RowCounts,
  progress: BatchProgress,
): Generator<SourceItem> {
  for (const row of batch) {
    counts.rows += 1;
    const document = documentOf(row);
    const digest = digestDocument(document);
    if (isTrusted && !resend && record.get(row.id)?.documents[0]?.[1] === digest) {
      counts.untouched += 1;
      continue;
    }
    progress.opened();
    yield {
      document,
      origin: `${source.from.length > 60 ? "query" : source.from.replace(/ as s$/, "")}, ${row.id}`,
      answered: (taken) => {
        if (taken) record.set(row.id, { documents: [[row.id, digest]] });
        progress.answered();
      },
    };
  }
  progress.answered();
}

function documentOf({ id, text, title, metadata }: Row): Record<string, unknown> {
  return { id, text: text ?? "", ...(title === null || title === "" ? {} : { title }), metadata };
}

/** Tells the last id up to which every row is answered for. Batches are answered in their order. */
class Progress {
  readonly #tell: (after: string) => void;
  readonly #batches: { readonly last: string | undefined; open: number }[] = [];

  constructor(tell: (after: string) => void) {
    this.#tell = tell;
  }

  /** A batch counts as one more open document until all of it was handed out. */
  batch(last: string | undefined): BatchProgress {
    const batch = { last, open: 1 };
    this.#batches.push(batch);
    return {
      opened: () => {
        batch.open += 1;
      },
      answered: () => {
        batch.open -= 1;
        let told: string | undefined;
        while (this.#batches[0]?.open === 0) told = this.#batches.shift()?.last ?? told;
        if (told !== undefined) this.#tell(told);
      },
    };
  }
}

/** Drops what has no row any more from the record: its documents are orphans. */
export async function dropGoneRows({ record, database, source }: RecordedRows): Promise<void> {
  const keys = [...record.keys()];
  for (let from = 0; from < keys.length; from += KEYS_AT_ONCE)
    for (const id of await missingIds(database, source, keys.slice(from, from + KEYS_AT_ONCE))) record.drop(id);
}
