/** A document's line of an export whose vectors are written as base64. */
export interface TransferDocument {
  readonly id: string;
  readonly title?: string | null;
  readonly text: string;
  readonly metadata: unknown;
  readonly version?: number;
  readonly chunks: readonly {
    readonly start: number;
    readonly end: number;
    readonly tokens?: number;
    /** 32-bit little-endian floats. */
    readonly embedding: string;
  }[];
}

/** Whether it is an export's last line; documents are not parsed for it. */
export function isEndLine(line: string): boolean {
  return line.startsWith('{"polyseme":"end"');
}

export const END_LINE = JSON.stringify({ polyseme: "end" });

/** What the server wrote, so that it need not be looked at in every part. */
export function parseDocumentLine(line: string): TransferDocument {
  return JSON.parse(line) as TransferDocument;
}
