import { Document } from "@langchain/core/documents";
import type { SearchHit } from "@polyseme/client";

/** A hit as LangChain's document: the passage that was found, with the metadata of the whole. */
export function toDocument(hit: SearchHit, placeKey: string | undefined): Document {
  const { id, title, chunk, metadata } = hit;
  const place = {
    ordinal: chunk.ordinal,
    start: chunk.start,
    end: chunk.end,
    ...(title === null ? {} : { title }),
  };
  return new Document({
    id,
    pageContent: chunk.text,
    metadata: { ...metadata, ...(placeKey === undefined ? {} : { [placeKey]: place }) },
  });
}
