import { parentPort } from "node:worker_threads";
import { makeRowSums, messageOf } from "@polyseme/core";
import type { EmbeddedChunk } from "@polyseme/store";
import { makeFormsByLanguage } from "../word-forms.ts";
import type { FromRechunkThread, Rechunked, StoredDocument, ToRechunkThread } from "./rechunk-protocol.ts";
import { rechunk, type RechunkSettings } from "./rechunk.ts";

/** Thread entry: cuts the documents of one message after the other, until it is ended. */
if (parentPort === null) throw new Error("This file is the entry of a worker thread.");
const port = parentPort;
const sums = makeRowSums();
const formsByLanguage = makeFormsByLanguage();

port.on("message", ({ number, documents, settings: { language, ...settings } }: ToRechunkThread) => {
  const own = { ...settings, formsOf: formsByLanguage(language), sums };
  const answer: FromRechunkThread = { number, documents: documents.map((document) => outcomeOf(document, own)) };
  port.postMessage(answer, answer.documents.flatMap(buffersOf));
});

/** All embeddings of a document lie in one. */
function buffersOf(document: FromRechunkThread["documents"][number]): ArrayBuffer[] {
  const buffer = document.kind === "chunks" ? document.chunks[0]?.embedding.buffer : undefined;
  return buffer instanceof ArrayBuffer ? [buffer] : [];
}

function outcomeOf(document: StoredDocument, settings: RechunkSettings): Rechunked<Omit<EmbeddedChunk, "text">> {
  try {
    const chunks = rechunk(document, document.chunks, settings);
    if (chunks === undefined) return { kind: "wordless" };
    return { kind: "chunks", chunks: chunks.map(({ text: _, ...chunk }) => chunk) };
  } catch (error) {
    return { kind: "failed", message: messageOf(error) };
  }
}
