import { createHash } from "node:crypto";
import { appendFile, mkdir, open, readdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isRecord } from "@polyseme/core";

/** A document that was sent, and the digest of its content. */
export type SentDocument = readonly [id: string, digest: string];

/** A file or row whose documents the server has. */
export interface Entry {
  readonly documents: readonly SentDocument[];
  /** Of files alone: how it was when it was read. */
  readonly file?: FileMark;
}

export interface FileMark {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly hash: string;
  /** Of the readers: the same file gives other documents when they have changed. */
  readonly readers: number;
  /** When it was looked at: a file changed in the same moment can look the same. */
  readonly seenMs: number;
}

/** What a record is about. */
export interface RecordOf {
  readonly collection: string;
  /** Of the collection: one that was deleted and made again holds nothing of what is recorded. */
  readonly createdAt: string;
  /** Names the source; never holds a password. */
  readonly source: string;
}

type Line =
  | { readonly of: RecordOf }
  | { readonly key: string; readonly entry: Entry | null }
  | { readonly orphans: readonly SentDocument[] }
  | { readonly forget: readonly string[] }
  | { readonly state: Readonly<Record<string, unknown>> };

/** Some 200 MB of memory. What is beyond is sent each time, and never deleted. */
const MAX_DOCUMENTS = 1_000_000;
const PENDING_LINES = 256;
/** Lines that say nothing any more before the file is written anew. */
const SPARE_LINES = 10_000;

/**
 * What a source has given a collection: a log file in the data folder, read at the start and added to as the server
 * answers. It saves reading and sending again, and says which documents are the source's own. Losing it costs time, no data.
 */
export class SourceRecord {
  readonly #path: string;
  readonly #of: RecordOf;
  readonly #entries = new Map<string, Entry>();
  readonly #orphans = new Map<string, string>();
  #state: Readonly<Record<string, unknown>> = {};
  #documents = 0;
  #unrecorded = 0;
  #lines = 0;
  #pending: Line[] = [];

  #isReadOnly = false;

  private constructor(path: string, of: RecordOf) {
    this.#path = path;
    this.#of = of;
  }

  /** Opens the record in `folder`, made when there is none. A last line that was cut off is left out. */
  static async open(folder: string, of: RecordOf): Promise<SourceRecord> {
    await mkdir(folder, { recursive: true });
    const name = createHash("sha256")
      .update(JSON.stringify([of.collection, of.createdAt, of.source]))
      .digest("hex");
    const record = new SourceRecord(join(folder, `${name.slice(0, 24)}.ndjson`), of);
    for await (const line of readLines(record.#path)) record.#take(line);
    if (record.#lines === 0) record.#write({ of });
    return record;
  }

  /** From now on nothing is written: a run that only shows what it would do. */
  makeReadOnly(): void {
    this.#isReadOnly = true;
  }

  /** Documents that the source is known to have given. */
  get documents(): number {
    return this.#documents;
  }

  /** Documents that found no room here. */
  get unrecorded(): number {
    return this.#unrecorded;
  }

  /** Where a run that goes on later begins. */
  get state(): Readonly<Record<string, unknown>> {
    return this.#state;
  }

  setState(state: Readonly<Record<string, unknown>>): void {
    this.#write({ state });
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  keys(): IterableIterator<string> {
    return this.#entries.keys();
  }

  /** What the key gives now; documents that it gave before and gives no more are orphans. */
  set(key: string, entry: Entry): void {
    const before = this.#entries.get(key)?.documents.length ?? 0;
    if (this.#documents - before + entry.documents.length > MAX_DOCUMENTS) this.#unrecorded += entry.documents.length;
    else this.#write({ key, entry });
  }

  /** The key gives nothing any more. */
  drop(key: string): void {
    if (this.#entries.has(key)) this.#write({ key, entry: null });
  }

  /** Documents that the source gave and gives no more, unless another of its keys gives them now. */
  orphans(): SentDocument[] {
    if (this.#orphans.size === 0) return [];
    for (const { documents } of this.#entries.values()) for (const [id] of documents) this.#orphans.delete(id);
    return [...this.#orphans];
  }

  forget(ids: readonly string[]): void {
    if (ids.length > 0) this.#write({ forget: ids });
  }

  /** Makes what was recorded outlive this process. */
  async flush(): Promise<void> {
    const lines = this.#pending;
    this.#pending = [];
    if (this.#isReadOnly) return;
    if (this.#lines > 2 * this.#entries.size + SPARE_LINES) await this.#rewrite();
    else if (lines.length > 0) await appendFile(this.#path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  }

  /** Flushes when enough has gathered. */
  async flushSome(): Promise<void> {
    if (this.#pending.length >= PENDING_LINES) await this.flush();
  }

  /** Which of these ids another source has given the same collection. */
  async givenElsewhere(ids: ReadonlySet<string>): Promise<Set<string>> {
    const found = new Set<string>();
    const folder = join(this.#path, "..");
    for (const name of await readdir(folder)) {
      const path = join(folder, name);
      if (!name.endsWith(".ndjson") || path === this.#path) continue;
      const other = await SourceRecord.#readOther(path, this.#of);
      for (const { documents } of other) for (const [id] of documents) if (ids.has(id)) found.add(id);
    }
    return found;
  }

  static async #readOther(path: string, { collection, createdAt }: RecordOf): Promise<Iterable<Entry>> {
    let other: SourceRecord | undefined;
    for await (const line of readLines(path)) {
      if (other === undefined) {
        if (!("of" in line) || line.of.collection !== collection || line.of.createdAt !== createdAt) return [];
        other = new SourceRecord(path, line.of);
      } else other.#take(line);
    }
    return other === undefined ? [] : other.#entries.values();
  }

  #write(line: Line): void {
    this.#take(line);
    this.#pending.push(line);
  }

  #take(line: Line): void {
    this.#lines += 1;
    if ("key" in line) this.#change(line.key, line.entry);
    else if ("orphans" in line) for (const [id, digest] of line.orphans) this.#orphans.set(id, digest);
    else if ("forget" in line) for (const id of line.forget) this.#orphans.delete(id);
    else if ("state" in line) this.#state = line.state;
  }

  #change(key: string, entry: Entry | null): void {
    const before = this.#entries.get(key);
    for (const [id, digest] of before?.documents ?? []) this.#orphans.set(id, digest);
    this.#documents += (entry?.documents.length ?? 0) - (before?.documents.length ?? 0);
    if (entry === null) this.#entries.delete(key);
    else {
      this.#entries.set(key, entry);
      for (const [id] of entry.documents) this.#orphans.delete(id);
    }
  }

  /** The file appears with its whole content or not at all. */
  async #rewrite(): Promise<void> {
    const draft = `${this.#path}.draft`;
    await writeFile(draft, "");
    const lines: Line[] = [{ of: this.#of }, { state: this.#state }, { orphans: this.orphans() }];
    for (const [key, entry] of this.#entries) {
      lines.push({ key, entry });
      if (lines.length >= SPARE_LINES) await appendLines(draft, lines.splice(0));
    }
    await appendLines(draft, lines);
    await rename(draft, this.#path);
    this.#lines = this.#entries.size + 3;
  }
}

async function appendLines(path: string, lines: readonly Line[]): Promise<void> {
  await appendFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}

async function* readLines(path: string): AsyncGenerator<Line> {
  const file = await open(path).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
  if (file === undefined) return;
  try {
    for await (const text of file.readLines({ autoClose: false })) {
      const line = parse(text);
      if (line !== undefined) yield line;
    }
  } finally {
    await file.close();
  }
}

function parse(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? (value as unknown as Line) : undefined;
  } catch {
    return undefined;
  }
}
