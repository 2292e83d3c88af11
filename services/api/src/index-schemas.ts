import { INDEX_PRECISIONS, INDEX_RECALL, TEXT_INDEXES, VECTOR_INDEXES } from "@polyseme/core";
import { INDEX_KINDS } from "@polyseme/store";
import { Type } from "typebox";

const MOST_FIELDS = 100;

/** How a collection is indexed, as a request asks for it. */
export const IndexBody = Type.Object(
  {
    vector: Type.Optional(
      Type.Enum([...VECTOR_INDEXES], {
        description:
          "auto: exact while that is fast, an HNSW graph when it pays; exact: never a graph; hnsw: always one",
      }),
    ),
    precision: Type.Optional(
      Type.Enum([...INDEX_PRECISIONS], {
        description: "How the graph holds vectors; what it finds is ranked by the full ones",
      }),
    ),
    recall: Type.Optional(
      Type.Number({
        minimum: INDEX_RECALL.min,
        maximum: INDEX_RECALL.max,
        description: "Share of the exact answer's ten nearest that a search through the graph is to find",
      }),
    ),
    text: Type.Optional(Type.Enum([...TEXT_INDEXES])),
    metadata: Type.Optional(
      Type.Union([Type.Boolean(), Type.Array(Type.String({ maxLength: 1_024 }), { maxItems: MOST_FIELDS })], {
        description: "true: an index for equality; fields: for each an index for ranges as well",
      }),
    ),
  },
  { additionalProperties: false },
);

/** The same with what is there. */
export const IndexAnswer = Type.Object({
  vector: Type.String(),
  precision: Type.String(),
  recall: Type.Number(),
  text: Type.String(),
  metadata: Type.Union([Type.Boolean(), Type.Array(Type.String())]),
  built: Type.Array(
    Type.Object({
      kind: Type.Enum([...INDEX_KINDS]),
      name: Type.String(),
      state: Type.Enum(["building", "ready", "invalid"]),
      progress: Type.Optional(Type.Number({ description: "0 to 1, while it is built" })),
      bytes: Type.Integer(),
    }),
  ),
  measured: Type.Optional(
    Type.Object(
      {
        at: Type.String(),
        chunks: Type.Integer({ description: "How many there were" }),
        exactMs: Type.Number({ description: "Median of an exact search in Postgres" }),
        graph: Type.Optional(
          Type.Object({
            efSearch: Type.Integer({ description: "hnsw.ef_search of a search for ten" }),
            recall: Type.Number({ description: "Share of the exact answer that it finds" }),
            ms: Type.Number({ description: "Its median in Postgres" }),
            reaches: Type.Boolean({ description: "false: the deepest search finds less than was asked for" }),
          }),
        ),
      },
      { description: "Searches for stored vectors, measured now and then; what ef_search is set from" },
    ),
  ),
});
