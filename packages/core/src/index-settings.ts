import { PolysemeError } from "./errors.ts";
import { parseFieldPath } from "./parse-filter.ts";

/** How a collection is indexed. Changing any of it needs no new vectors: indexes are built or dropped beside them. */
export interface IndexSettings {
  /** `auto`: exact while that is fast, a graph when it pays. */
  readonly vector: (typeof VECTOR_INDEXES)[number];
  /** How the graph holds vectors; what it finds is always ranked by the full ones. */
  readonly precision: (typeof INDEX_PRECISIONS)[number];
  /** Share of the exact answer's ten nearest that a search through the graph is to find. */
  readonly recall: number;
  /** `auto`: built when the collection is searched by words and large enough. */
  readonly text: (typeof TEXT_INDEXES)[number];
  /** `true`: one index over all metadata, for equality; a list of fields: each has one for ranges as well. */
  readonly metadata: boolean | readonly string[];
}

export const VECTOR_INDEXES = ["auto", "exact", "hnsw"] as const;
export const INDEX_PRECISIONS = ["full", "half", "bit"] as const;
export const TEXT_INDEXES = ["auto", "none", "gin"] as const;

/** Bounds of `recall`. */
export const INDEX_RECALL = { min: 0.5, max: 1 } as const;

/** Fields of metadata with an index of their own, each one more to write with every document. */
export const MOST_INDEXED_FIELDS = 20;
export const MOST_FIELD_CHARACTERS = 256;

export const DEFAULT_INDEX: IndexSettings = {
  vector: "auto",
  precision: "full",
  recall: 0.95,
  text: "auto",
  metadata: false,
};

/** Most dimensions that pgvector's graph takes, by how it holds them. */
export const MOST_INDEXED_DIMENSIONS: Readonly<Record<IndexSettings["precision"], number>> = {
  full: 2_000,
  half: 4_000,
  bit: 64_000,
};

/**
 * What of a collection's settings changes.
 * @param wanted its fields, each of the right type already; what is left out stays as it is
 * @throws PolysemeError `invalid` when a value is out of its bounds, or a graph is asked for that cannot hold the vectors
 */
export function checkIndexSettings(
  wanted: Partial<IndexSettings>,
  current: IndexSettings,
  dimensions: number,
): IndexSettings {
  const invalid = (field: string, message: string): PolysemeError =>
    new PolysemeError("invalid", message, { details: { field: `index.${field}` } });
  const settings = { ...current, ...wanted };
  if (!(settings.recall >= INDEX_RECALL.min && settings.recall <= INDEX_RECALL.max))
    throw invalid("recall", `recall is from ${INDEX_RECALL.min} to ${INDEX_RECALL.max}, not ${settings.recall}.`);
  const most = MOST_INDEXED_DIMENSIONS[settings.precision];
  if (settings.vector === "hnsw" && dimensions > most)
    throw invalid(
      "precision",
      `A graph of precision "${settings.precision}" takes ${most} dimensions at most, and the vectors have ${dimensions}. Set precision to "${dimensions <= MOST_INDEXED_DIMENSIONS.half ? "half" : "bit"}".`,
    );
  if (typeof settings.metadata !== "boolean") checkFields(settings.metadata, invalid);
  return settings;
}

function checkFields(fields: readonly string[], invalid: (field: string, message: string) => PolysemeError): void {
  if (fields.length > MOST_INDEXED_FIELDS)
    throw invalid(
      "metadata",
      `At most ${MOST_INDEXED_FIELDS} fields have an index of their own, not ${fields.length}.`,
    );
  for (const [at, field] of fields.entries()) {
    const usable = field.length > 0 && field.length <= MOST_FIELD_CHARACTERS && !field.includes("\0");
    if (!usable || !field.isWellFormed())
      throw invalid(
        `metadata[${at}]`,
        `A field's name has 1 to ${MOST_FIELD_CHARACTERS} characters, none of them NUL.`,
      );
    parseFieldPath(field, `index.metadata[${at}]`);
    if (fields.indexOf(field) !== at) throw invalid(`metadata[${at}]`, `"${field}" is named twice.`);
  }
}
