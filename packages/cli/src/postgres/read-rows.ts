import type { SourceDatabase } from "./connection.ts";
import type { RowSource } from "./row-source.ts";

/** A row as a document; `cursor` is there when the source has one. */
export interface Row {
  readonly id: string;
  readonly text: string | null;
  readonly title: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly cursor: string | null;
}

/** A batch in memory is at most so many rows, and texts of so many bytes unless a single one is larger. */
const BATCH_ROWS = 500;
const BATCH_BYTES = 8 * 1024 * 1024;
/** One more than a document may have: the server says that it is too long, and the rest need not travel. */
const TEXT_CHARACTERS = 4 * 1024 * 1024 + 1;
/** jsonb_build_object takes a hundred arguments. */
const PAIRS = 50;

/**
 * All rows in the order of their ids, those after `after` when it is given, in batches that are statements of their own:
 * no transaction is held open while the server works, and a run can go on where another ended.
 */
export async function* readRows(
  database: SourceDatabase,
  source: RowSource,
  after: string | undefined,
): AsyncGenerator<readonly Row[]> {
  for (let last = after; ;) {
    const where = last === undefined ? `${source.id} is not null` : `${source.id} > $1`;
    const rows = await readBatch(database, source, {
      where,
      order: source.id,
      values: last === undefined ? [] : [last],
    });
    const end = rows.at(-1);
    if (end === undefined) return;
    last = end.id;
    yield rows;
  }
}

/** Rows whose cursor is `from` or more, in its order; all that have one when it is undefined. */
export async function* readChangedRows(
  database: SourceDatabase,
  source: RowSource & { readonly cursor: NonNullable<RowSource["cursor"]> },
  from: string | undefined,
): AsyncGenerator<readonly Row[]> {
  const { column } = source.cursor;
  const order = `${column}, ${source.id}`;
  for (let last: Row | undefined; ;) {
    const within =
      last !== undefined
        ? { where: `(${column}, ${source.id}) > ($1, $2)`, values: [last.cursor, last.id] }
        : from !== undefined
          ? { where: `${column} >= $1`, values: [from] }
          : { where: `${column} is not null`, values: [] };
    const rows = await readBatch(database, source, {
      where: `${within.where} and ${source.id} is not null`,
      order,
      values: within.values,
    });
    last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
  }
}

interface Part {
  readonly where: string;
  readonly order: string;
  readonly values: readonly unknown[];
}

/** The sizes are summed up before the texts are sent, so wide rows make short batches. */
async function readBatch(database: SourceDatabase, source: RowSource, { where, order, values }: Part): Promise<Row[]> {
  const { from, id, text, title, cursor } = source;
  return database.rows<Row>(
    `select id, left(text, ${TEXT_CHARACTERS}) as text, title, metadata, cursor from (
       select b.*, sum(octet_length(coalesce(text, ''))) over (order by place) as bytes from (
         select ${id}::text as id, ${text}::text as text, ${title ?? "null"}::text as title,
           ${metadataOf(source)} as metadata, ${cursor?.column ?? "null"}::text as cursor,
           row_number() over (order by ${order}) as place
         from ${from} where ${where} order by ${order} limit ${BATCH_ROWS}
       ) as b
     ) as c where bytes <= ${BATCH_BYTES} or place = 1 order by place`,
    values,
  );
}

function metadataOf({ metadata }: RowSource): string {
  if (metadata.length === 0) return "'{}'::jsonb";
  const objects: string[] = [];
  for (let from = 0; from < metadata.length; from += PAIRS) {
    const pairs = metadata.slice(from, from + PAIRS).map(({ name, column }) => `${literal(name)}, ${column}`);
    objects.push(`jsonb_build_object(${pairs.join(", ")})`);
  }
  return `jsonb_strip_nulls(${objects.join(" || ")})`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Which of these ids have no row any more. */
export async function missingIds(
  database: SourceDatabase,
  { from, id, idType }: RowSource,
  ids: readonly string[],
): Promise<string[]> {
  const rows = await database.rows<{ id: string }>(
    `select known.id from unnest($1::text[]) as known(id)
     where not exists (select from ${from} where ${id} = known.id::${idType})`,
    [ids],
  );
  return rows.map((row) => row.id);
}
