import { messageOf } from "@polyseme/core";
import { openFile } from "../sources/open-file.ts";
import { readNdjson } from "../sources/read-ndjson.ts";
import type { Faults } from "./faults.ts";

/** One JSON object of a file and where it stands, such as `queries.jsonl:12`. */
export interface ObjectLine {
  readonly value: Readonly<Record<string, unknown>>;
  readonly origin: string;
}

/** Far more than anybody labels by hand; the largest of BEIR's sets has half a million. */
const MAX_LINES = 1_000_000;

/**
 * The JSON objects of an NDJSON file, a line each; what cannot be read becomes a fault.
 * @param name how faults call the file
 */
export async function readObjectLines(path: string, name: string, faults: Faults): Promise<ObjectLine[]> {
  const lines: ObjectLine[] = [];
  try {
    const file = await openFile({ path, isGiven: true });
    try {
      const bytes = file.createReadStream({ autoClose: false }) as AsyncIterable<Uint8Array>;
      for await (const item of readNdjson(bytes, name)) {
        if ("problem" in item) faults.add(item.problem.origin, item.problem.message);
        else lines.push({ value: item.document, origin: item.origin });
        if (lines.length > MAX_LINES) throw new Error(`it has more than ${MAX_LINES} lines`);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    faults.add(name, `The file cannot be read: ${messageOf(error)}`);
  }
  return lines;
}

/** A field that must be a text with something in it; undefined and a fault when it is not. */
export function textField({ value, origin }: ObjectLine, field: string, faults: Faults): string | undefined {
  const text = value[field];
  if (typeof text === "string" && text.trim() !== "") return text;
  faults.add(origin, text === undefined ? `"${field}" is missing.` : `"${field}" must be a text that is not empty.`);
  return undefined;
}
