import type { PushDocument } from "@polyseme/client";
import { lineTemplates, lineWithId, templateOf } from "./documents.ts";

/** The documents of `ndjsonChunks`, as objects: what a program has before it pushes. */
export function documentMaker(sharedDir: string, bytes: number): (number: number) => PushDocument {
  const templates = lineTemplates({ sharedDir }, bytes);
  const texts = templates.map((_, index) => read(lineWithId(templateOf(templates, index), index)).text);
  const digits = read(lineWithId(templateOf(templates, 0), 0)).id.length;
  return (number) => ({ id: String(number).padStart(digits, "0"), text: texts[number % texts.length] ?? "" });
}

function read(line: Buffer): PushDocument {
  return JSON.parse(line.toString("utf8")) as PushDocument;
}
