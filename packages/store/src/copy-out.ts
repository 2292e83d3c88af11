import type pg from "pg";

/**
 * The rows of a query in Postgres' binary COPY format. The driver decodes the values of ordinary answers as text, in which
 * bytes are twice as long and several times as slow.
 * Format: postgresql.org/docs/current/sql-copy.html, "Binary Format".
 */
export class CopyOut implements pg.Submittable {
  /** Settled when all rows were handed over. */
  readonly ended: Promise<void>;
  readonly #text: string;
  readonly #onRow: (row: CopiedRow) => void;
  readonly #reader = makeCopyReader();
  #resolve: () => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;

  /**
   * @param text `copy (...) to stdout (format binary)`
   * @param onRow called with each row as it comes, so that work on the first begins while the others are read
   */
  constructor(text: string, onRow: (row: CopiedRow) => void) {
    this.#text = text;
    this.#onRow = onRow;
    this.ended = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  submit(connection: pg.Connection): void {
    connection.query(this.#text);
  }

  handleCopyOutResponse(): void {
    // What it says of columns is in the query.
  }

  handleCopyData({ chunk }: { chunk: Buffer }): void {
    // A copy: the driver moves what comes next to where this lies.
    for (const row of this.#reader.take(joined(chunk))) this.#onRow(row);
  }

  handleCommandComplete(): void {
    // The row count, which the rows themselves tell.
  }

  handleError(error: Error): void {
    this.#reject(error);
  }

  handleReadyForQuery(): void {
    try {
      this.#reader.end();
      this.#resolve();
    } catch (error) {
      this.#reject(error);
    }
  }
}

/** Values in their types' binary formats, in memory that is theirs alone: it may be given to another thread. */
export type CopiedRow = readonly (Buffer | null)[];

const SIGNATURE_BYTES = 11;
const NO_MORE_ROWS = -1;

/** Not from the pool that small buffers share. */
function joined(...parts: readonly Buffer[]): Buffer {
  const all = Buffer.allocUnsafeSlow(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) at += part.copy(all, at);
  return all;
}

/** Takes the format apart wherever it is cut; whole rows are views of what came. */
export function makeCopyReader(): {
  /** @returns rows that are whole now */
  take(bytes: Buffer): CopiedRow[];
  /** @throws Error when more should have come */
  end(): void;
} {
  let rest: Buffer = Buffer.alloc(0);
  let hasHeader = false;
  let ended = false;

  /** Length of the header; undefined: more must come. */
  function headerLength(): number | undefined {
    const fixed = SIGNATURE_BYTES + 8;
    if (rest.length < fixed) return undefined;
    const length = fixed + rest.readInt32BE(SIGNATURE_BYTES + 4);
    return rest.length < length ? undefined : length;
  }

  function nextRow(): CopiedRow | undefined {
    if (rest.length < 2) return undefined;
    const count = rest.readInt16BE(0);
    if (count === NO_MORE_ROWS) {
      ended = true;
      return undefined;
    }
    const row: (Buffer | null)[] = [];
    let at = 2;
    for (let i = 0; i < count; i += 1) {
      if (rest.length < at + 4) return undefined;
      const length = rest.readInt32BE(at);
      at += 4;
      if (rest.length < at + length) return undefined;
      row.push(length < 0 ? null : rest.subarray(at, at + length));
      at += Math.max(0, length);
    }
    rest = rest.subarray(at);
    return row;
  }

  return {
    take(bytes) {
      rest = rest.length === 0 ? bytes : joined(rest, bytes);
      if (!hasHeader) {
        const length = headerLength();
        if (length === undefined) return [];
        hasHeader = true;
        rest = rest.subarray(length);
      }
      const rows: CopiedRow[] = [];
      if (ended) return rows;
      for (let row = nextRow(); row !== undefined; row = nextRow()) rows.push(row);
      return rows;
    },
    end() {
      if (!ended) throw new Error("A COPY ended in the middle");
    },
  };
}
