import {
  checkCollectionName,
  EXPORT_END,
  isRecord,
  NO_MODEL,
  parseExportHeader,
  PolysemeError,
  transferDifferences,
  type ExportHeader,
  type TransferSettings,
} from "@polyseme/core";
import type { ModelCatalog } from "@polyseme/encoder/catalog";
import { ensureCollection, findCollection, type Collection, type Database } from "@polyseme/store";
import { vectorSourceOf } from "./collection-door.ts";
import { pushDocuments, type PushDeps, type PushResult, type PushTarget } from "./push.ts";
import type { PushItem } from "./sources.ts";

export interface ImportDeps extends PushDeps {
  readonly database: Database;
  readonly catalog: ModelCatalog;
}

export interface ImportResult extends PushResult {
  /** `queued`: the vectors of the stream were left out, and the encoder makes others. */
  readonly vectors: "stored" | "queued";
  /** False: the stream ended without an export's last line, so that something may be missing. */
  readonly complete: boolean;
}

/**
 * Takes what an export wrote into a collection, which is made with the export's settings where it is not there. Documents
 * with vectors are stored as they are, without a run of the encoder; those without are queued as any push.
 * @param options.reembed leave the vectors out: the documents are encoded anew, with the collection's own settings
 * @throws PolysemeError as `pushDocuments`; `invalid` without an export's first line; `conflict` when the collection's vectors
 * are made in another way and `reembed` is not given
 */
export async function importCollection(
  deps: ImportDeps,
  name: string,
  items: AsyncGenerator<PushItem>,
  options: { readonly reembed: boolean; readonly signal: AbortSignal; readonly cause?: string | undefined },
): Promise<ImportResult> {
  const { reembed, signal, cause } = options;
  const header = await readHeader(items);
  const target = await openTarget(deps, checkCollectionName(name), header, reembed);
  const state = { complete: false };
  const pushed = await pushDocuments(deps, target, documentsOf(items, { reembed, state }), signal, cause);
  return { ...pushed, vectors: reembed ? "queued" : "stored", complete: state.complete };
}

async function readHeader(items: AsyncGenerator<PushItem>): Promise<ExportHeader> {
  const first = await items.next();
  if (first.done === true) return parseExportHeader(undefined);
  const item = first.value;
  if (item.kind === "unreadable") throw new PolysemeError(item.code, item.message, { details: { field: item.field } });
  return parseExportHeader(item.value);
}

async function openTarget(deps: ImportDeps, name: string, header: ExportHeader, reembed: boolean): Promise<PushTarget> {
  const { settings } = header;
  if (!reembed) refuseWithoutVectors(header);
  const existing = await findCollection(deps.database, name);
  // Before one is made: what is refused leaves no trace.
  if (reembed && (existing?.generation.model ?? settings.model) === NO_MODEL)
    throw new PolysemeError(
      "invalid",
      `"${name}" has no model that could encode the documents. Leave reembed out, or import into a collection with a model.`,
      { details: { field: "reembed" } },
    );
  const collection =
    existing ??
    (await ensureCollection(deps.database, { name, ...(await newSettings(deps.catalog, settings)) })).collection;
  const own = vectorSourceOf(collection);
  if (reembed) return { collection: collection.name, vectors: own };
  requireSameSettings(collection, settings);
  const { model, dimensions } = collection.generation;
  const kind = own.kind === "given" ? ("given" as const) : ("either" as const);
  return { collection: collection.name, vectors: { kind, dimensions }, model };
}

function refuseWithoutVectors({ vectors, settings }: ExportHeader): void {
  if (vectors === "none")
    throw new PolysemeError(
      "conflict",
      "This export has no vectors (it was made with vectors=none). With ?reembed=true its documents are encoded anew.",
      { details: { field: "vectors" } },
    );
  if (settings.tokenVectors !== "none")
    throw new PolysemeError(
      "conflict",
      "The exported collection keeps token vectors, which an export leaves out. With ?reembed=true its documents are encoded anew.",
      { details: { field: "tokenVectors" } },
    );
  if (settings.sparse !== undefined && settings.sparse !== null)
    throw new PolysemeError(
      "conflict",
      "The exported collection has a sparse model, whose weights an export leaves out. With ?reembed=true its documents are encoded anew.",
      { details: { field: "sparse" } },
    );
}

/** @throws PolysemeError `invalid` for a model that is not here, or is another one of the same name */
async function newSettings(
  catalog: ModelCatalog,
  { language, model, dimensions, chunking, tokenVectors, tokenPooling, lateChunking, sparse = null }: TransferSettings,
) {
  const tokens = { tokenVectors, tokenPooling, lateChunking };
  if (model !== NO_MODEL) {
    const here = await catalog.describe(model);
    if (here.dimensions !== dimensions || chunking.maxTokens > here.maxTokens)
      throw new PolysemeError(
        "invalid",
        `The model ${model} of this server has ${here.dimensions} dimensions and takes ${here.maxTokens} tokens; that of the export is another one.`,
        { details: { field: "model" } },
      );
  } else if (dimensions < 1 || dimensions > MOST_DIMENSIONS)
    throw new PolysemeError("invalid", `dimensions must be from 1 to ${MOST_DIMENSIONS}.`, {
      details: { field: "dimensions" },
    });
  return {
    ...{ language, model, dimensions, chunking, tokens },
    sparse: sparse === null ? null : await catalog.describeSparse(sparse.model),
  };
}

/** pgvector's own bound. */
const MOST_DIMENSIONS = 16_000;

function requireSameSettings({ name, language, generation }: Collection, wanted: TransferSettings): void {
  const { model, dimensions, chunking, tokens, sparse = null } = generation;
  const there = { model, dimensions, chunking, language, ...tokens, sparse };
  const changed = transferDifferences(wanted, there);
  if (tokens.tokenVectors !== "none") changed.push("tokenVectors");
  if (changed.length === 0) return;
  throw new PolysemeError(
    "conflict",
    `The vectors of "${name}" are made in another way than those of the export (${changed.join(", ")}). With ?reembed=true the documents are encoded anew; or import into another collection.`,
    { details: { field: changed[0], differences: changed } },
  );
}

async function* documentsOf(
  items: AsyncIterable<PushItem>,
  { reembed, state }: { readonly reembed: boolean; readonly state: { complete: boolean } },
): AsyncGenerator<PushItem> {
  for await (const item of items) {
    if (item.kind === "unreadable" || !isRecord(item.value)) yield item;
    else if (item.value["polyseme"] === EXPORT_END) state.complete = true;
    else yield { kind: "value", value: documentOf(item.value, reembed) };
  }
}

/** Without chunks it is encoded here: it was not stored when it was exported. */
function documentOf({ chunks, embedding: _, ...document }: Record<string, unknown>, reembed: boolean): unknown {
  const hasChunks = !Array.isArray(chunks) || chunks.length > 0;
  return reembed || chunks === undefined || !hasChunks ? document : { ...document, chunks };
}
