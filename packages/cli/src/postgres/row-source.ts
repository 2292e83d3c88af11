import type { SourceDatabase } from "./connection.ts";

/** What of a database is to be documents, as the user said it. */
export interface RowChoice {
  readonly table?: string | undefined;
  readonly query?: string | undefined;
  readonly id?: string | undefined;
  readonly text?: string | undefined;
  readonly title?: string | undefined;
  readonly metadata: readonly string[];
  readonly cursor?: string | undefined;
}

/** The same, looked up; all names are quoted SQL. */
export interface RowSource {
  /** What stands after `from`, with the alias `s`. */
  readonly from: string;
  readonly id: string;
  /** Type of the id, as SQL writes it. */
  readonly idType: string;
  readonly text: string;
  readonly title: string | undefined;
  readonly metadata: readonly { readonly name: string; readonly column: string }[];
  readonly cursor: { readonly column: string; readonly kind: CursorKind } | undefined;
  /** Names the source among others. */
  readonly label: string;
  /** What a row becomes; another mapping makes other documents of the same rows. */
  readonly mapping: string;
}

/** How changes are found: by a time of the last change, or by a number that only grows. */
export type CursorKind = "time" | "number";

const MAX_METADATA = 200;
const TIME_TYPES = new Set(["timestamp with time zone", "timestamp without time zone"]);
const NUMBER_TYPES = new Set(["bigint", "integer", "smallint"]);

/** @throws Error that names what is not there or not said */
export async function findRows(database: SourceDatabase, choice: RowChoice): Promise<RowSource> {
  const { table, query } = choice;
  if ((table === undefined) === (query === undefined)) throw new Error("Give either --table or --query.");
  const relation = table === undefined ? undefined : await findTable(database, table);
  const from = relation === undefined ? `(${withoutEnd(query ?? "")}\n) as s` : `${relation} as s`;
  const columns = await database.columns(`select * from ${from} limit 0`);
  const column = (option: string, name: string): { name: string; type: number; column: string } => {
    const known = columns.find((one) => one.name === name);
    if (known !== undefined) return { ...known, column: `s.${quoted(name)}` };
    throw new Error(
      `--${option}: there is no column "${name}". There are: ${columns.map((one) => one.name).join(", ")}.`,
    );
  };
  const id = column("id", choice.id ?? (relation === undefined ? "id" : await primaryKey(database, relation)));
  const text = column("text", choice.text ?? "text");
  const title = choice.title === undefined ? undefined : column("title", choice.title);
  if (choice.metadata.length > MAX_METADATA) throw new Error(`--metadata takes at most ${MAX_METADATA} columns.`);
  const metadata = choice.metadata.map((name) => column("metadata", name));
  return {
    from,
    id: id.column,
    idType: await typeName(database, id.type),
    text: text.column,
    title: title?.column,
    metadata,
    cursor: choice.cursor === undefined ? undefined : await findCursor(database, column("cursor", choice.cursor)),
    label: JSON.stringify(["postgres", database.name, relation ?? query, id.name]),
    mapping: JSON.stringify([text.name, title?.name, choice.metadata, choice.cursor]),
  };
}

async function findTable(database: SourceDatabase, table: string): Promise<string> {
  const [found] = await database.rows<{ name: string | null }>("select to_regclass($1)::text as name", [table]);
  if (found?.name === null || found === undefined)
    throw new Error(`--table: ${database.name} has no table ${table} that this user sees.`);
  return found.name;
}

async function primaryKey(database: SourceDatabase, relation: string): Promise<string> {
  const found = await database.rows<{ name: string }>(
    `select a.attname as name from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)
     where i.indrelid = $1::regclass and i.indisprimary`,
    [relation],
  );
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Error(
      `${relation} has no primary key of one column. Name a column that is unique and never null: --id COLUMN.`,
    );
  return only.name;
}

async function findCursor(
  database: SourceDatabase,
  { name, type, column }: { name: string; type: number; column: string },
): Promise<{ column: string; kind: CursorKind }> {
  const typed = await typeName(database, type);
  if (TIME_TYPES.has(typed)) return { column, kind: "time" };
  if (NUMBER_TYPES.has(typed)) return { column, kind: "number" };
  throw new Error(
    `--cursor: "${name}" is ${typed}; it must be a timestamp or a whole number that grows with each change.`,
  );
}

async function typeName(database: SourceDatabase, type: number): Promise<string> {
  const [found] = await database.rows<{ name: string }>("select format_type($1::oid, null) as name", [type]);
  return found?.name ?? "text";
}

function withoutEnd(query: string): string {
  return query.trim().replace(/(?:;\s*)+$/, "");
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
