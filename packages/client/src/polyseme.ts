import type { Filter } from "./filter-types.ts";
import { makeRequester, type Requester, type RequesterOptions } from "./requester.ts";
import { pushDocuments, type PushOptions, type PushResult } from "./push.ts";
import { AliasCalls } from "./aliases.ts";
import type { SearchAnswer, SearchRequest, SensesAnswer } from "./search-types.ts";
import { exportLines, importLines, type ExportOptions, type ImportOptions, type ImportResult } from "./transfer.ts";
import type {
  ApiKey,
  Collection,
  CollectionSettings,
  EmbeddingsAnswer,
  EmbeddingsRequest,
  FailureChoice,
  FailurePage,
  InspectAnswer,
  MadeKey,
  Migration,
  MigrationSettings,
  NewKey,
  PushDocument,
  Readiness,
  StoredDocument,
} from "./types.ts";

export type PolysemeOptions = RequesterOptions;

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Ids that the delete route takes at once. */
const IDS_A_REQUEST = 10_000;
const NOT_READY = 503;

/**
 * A polyseme server. Every method rejects with PolysemeRequestError when the server does not do what was asked, and with
 * the signal's reason when that is aborted.
 */
export class Polyseme {
  readonly documents: DocumentCalls;
  readonly collections: CollectionCalls;
  readonly aliases: AliasCalls;
  readonly failures: FailureCalls;
  readonly migrations: MigrationCalls;
  readonly keys: KeyCalls;
  readonly #request: Requester;

  constructor(options: PolysemeOptions) {
    this.#request = makeRequester(options);
    this.documents = new DocumentCalls(this.#request);
    this.collections = new CollectionCalls(this.#request);
    this.aliases = new AliasCalls(this.#request);
    this.failures = new FailureCalls(this.#request);
    this.migrations = new MigrationCalls(this.#request);
    this.keys = new KeyCalls(this.#request);
  }

  /**
   * Pushes documents of any number in bounded memory; resolves when all are durable. `ticket.wait()` resolves when they
   * are embedded and stored.
   */
  push(
    collection: string,
    documents: Iterable<PushDocument> | AsyncIterable<PushDocument>,
    options: PushOptions = {},
  ): Promise<PushResult> {
    return pushDocuments(this.#request, collection, documents, options);
  }

  /** The documents nearest in meaning, or those that use a word in a sense. */
  async search(collection: string, search: SearchRequest, { signal }: CallOptions = {}): Promise<SearchAnswer> {
    const path = `/v1/collections/${encodeURIComponent(collection)}/search`;
    return (await this.#request<SearchAnswer>("POST", path, { json: search, signal })).answer;
  }

  /** A word's uses grouped into senses; `limit` is the most uses that are looked at, 1,000 when left out. */
  async senses(
    collection: string,
    word: string,
    { limit, signal }: CallOptions & { readonly limit?: number } = {},
  ): Promise<SensesAnswer> {
    const query = new URLSearchParams({ word, ...(limit === undefined ? {} : { limit: String(limit) }) });
    const path = `/v1/collections/${encodeURIComponent(collection)}/senses?${query.toString()}`;
    return (await this.#request<SensesAnswer>("GET", path, { signal })).answer;
  }

  /** Tokens of a text with their static and contextual vectors. */
  async inspect(text: string, { model, signal }: CallOptions & { model?: string } = {}): Promise<InspectAnswer> {
    const json = model === undefined ? { text } : { text, model };
    return (await this.#request<InspectAnswer>("POST", "/v1/inspect", { json, signal })).answer;
  }

  /** Embeddings of texts or token arrays, as numbers. */
  async embeddings(json: EmbeddingsRequest, { signal }: CallOptions = {}): Promise<EmbeddingsAnswer> {
    return (await this.#request<EmbeddingsAnswer>("POST", "/v1/embeddings", { json, signal })).answer;
  }

  /** Resolves when the server answers at all. */
  async health({ signal }: CallOptions = {}): Promise<{ readonly status: string }> {
    return (await this.#request<{ status: string }>("GET", "/healthz", { signal })).answer;
  }

  /** Whether the server can work, and what is missing when not. */
  async ready({ signal }: CallOptions = {}): Promise<Readiness> {
    const { status, answer } = await this.#request<{ checks: Record<string, string> }>("GET", "/readyz", {
      signal,
      alsoAnswers: [NOT_READY],
    });
    return { ready: status !== NOT_READY, checks: answer.checks };
  }
}

/** Single documents. */
class DocumentCalls {
  readonly #request: Requester;

  constructor(request: Requester) {
    this.#request = request;
  }

  async get(
    collection: string,
    id: string,
    {
      include,
      chunk,
      signal,
    }: CallOptions & {
      include?: readonly ("chunks" | "embeddings" | "tokens")[];
      /** Only the chunk of this ordinal: token vectors of a long document come chunk by chunk. */
      chunk?: number;
    } = {},
  ): Promise<StoredDocument> {
    const wanted = [
      ...(include === undefined ? [] : [`include=${include.join(",")}`]),
      ...(chunk === undefined ? [] : [`chunk=${chunk}`]),
    ];
    const query = wanted.length === 0 ? "" : `?${wanted.join("&")}`;
    const path = `${documentsPath(collection)}/${encodeURIComponent(id)}${query}`;
    return (await this.#request<StoredDocument>("GET", path, { signal })).answer;
  }

  /**
   * Removes one document, several, or those that a filter keeps (`{ filter: {} }`: all of them), also while they are queued.
   * Answers how many there were.
   */
  async delete(
    collection: string,
    which: string | readonly string[] | { readonly filter: Filter },
    { signal }: CallOptions = {},
  ): Promise<number> {
    const path = `${documentsPath(collection)}/delete`;
    const ask = async (json: object): Promise<number> =>
      (await this.#request<{ deleted: number }>("POST", path, { json, signal })).answer.deleted;
    if (isFilter(which)) return ask({ filter: which.filter });
    const all = typeof which === "string" ? [which] : which;
    let deleted = 0;
    // By body rather than by path: an id may be "..", which no URL can say. Deleting twice is the same as once.
    for (let from = 0; from < all.length; from += IDS_A_REQUEST) {
      deleted += await ask({ ids: all.slice(from, from + IDS_A_REQUEST) });
    }
    return deleted;
  }
}

/** Collections: make, look at, remove. */
class CollectionCalls {
  readonly #request: Requester;

  constructor(request: Requester) {
    this.#request = request;
  }

  /** Makes a collection, or confirms the settings of one that is there. */
  async create(
    name: string,
    settings: CollectionSettings = {},
    { signal }: CallOptions = {},
  ): Promise<{ readonly created: boolean; readonly collection: Collection }> {
    const { status, answer } = await this.#request<Collection>("PUT", collectionPath(name), { json: settings, signal });
    return { created: status === 201, collection: answer };
  }

  async list({ signal }: CallOptions = {}): Promise<readonly Collection[]> {
    return (await this.#request<{ collections: Collection[] }>("GET", "/v1/collections", { signal })).answer
      .collections;
  }

  async get(name: string, { signal }: CallOptions = {}): Promise<Collection> {
    return (await this.#request<Collection>("GET", collectionPath(name), { signal })).answer;
  }

  /** Everything in it at one moment, a JSON text a line, for `import`. The request is sent when the first is asked for. */
  export(name: string, options: ExportOptions = {}): AsyncGenerator<string> {
    return exportLines(this.#request, collectionPath(name), options);
  }

  /** Takes in the lines of an export; vectors of the same model are stored without a run of the encoder. */
  import(name: string, lines: AsyncIterable<string>, options: ImportOptions = {}): Promise<ImportResult> {
    return importLines(this.#request, collectionPath(name), lines, options);
  }

  /** Removes the collection with all its documents. */
  async delete(name: string, { signal }: CallOptions = {}): Promise<void> {
    // Not repeatable: after a lost answer the second try would say that there is no such collection.
    await this.#request("DELETE", collectionPath(name), { signal, repeatable: false });
  }
}

/** A collection's way to a new generation. */
class MigrationCalls {
  readonly #request: Requester;

  constructor(request: Requester) {
    this.#request = request;
  }

  /** Begins to build a generation with other settings beside the live one. */
  async start(name: string, json: MigrationSettings, { signal }: CallOptions = {}): Promise<Migration> {
    // Not repeatable: after a lost answer the second try would say that there is one already.
    const options = { json, signal, repeatable: false };
    return (await this.#request<Migration>("POST", `${collectionPath(name)}/migrate`, options)).answer;
  }

  async get(name: string, { signal }: CallOptions = {}): Promise<Migration> {
    return (await this.#request<Migration>("GET", migrationPath(name), { signal })).answer;
  }

  /** Measures anew how far the answers of both generations are the same. */
  async measureOverlap(name: string, { signal }: CallOptions = {}): Promise<Migration> {
    return (await this.#request<Migration>("POST", `${migrationPath(name)}/overlap`, { signal })).answer;
  }

  /** Makes the new generation the live one. `force`: also with documents that failed in it. */
  async cutOver(name: string, { force = false, signal }: CallOptions & { force?: boolean } = {}): Promise<Migration> {
    const options = { json: { force }, signal, repeatable: false };
    return (await this.#request<Migration>("POST", `${migrationPath(name)}/cutover`, options)).answer;
  }

  /** Makes the old generation live again. */
  async rollBack(name: string, { signal }: CallOptions = {}): Promise<Migration> {
    return (await this.#request<Migration>("POST", `${migrationPath(name)}/rollback`, { signal, repeatable: false }))
      .answer;
  }

  /** Drops the generation that is not live. */
  async end(name: string, { signal }: CallOptions = {}): Promise<{ readonly dropped: number; readonly live: number }> {
    const options = { signal, repeatable: false };
    return (await this.#request<{ dropped: number; live: number }>("DELETE", migrationPath(name), options)).answer;
  }
}

/** Failed documents: look at them, have them tried again. */
class FailureCalls {
  readonly #request: Requester;

  constructor(request: Requester) {
    this.#request = request;
  }

  /** One page, the newest failure first; `after` is the `next` of the page before. */
  async list(
    choice: FailureChoice & { readonly id?: string; readonly limit?: number; readonly after?: string } = {},
    { signal }: CallOptions = {},
  ): Promise<FailurePage> {
    const { limit, ...rest } = choice;
    const texts = { ...withTimes(rest), ...(limit === undefined ? {} : { limit: String(limit) }) };
    const query = new URLSearchParams(Object.entries(texts).filter(([, text]) => text !== undefined)).toString();
    return (await this.#request<FailurePage>("GET", `/v1/failures${query === "" ? "" : `?${query}`}`, { signal }))
      .answer;
  }

  /** Queues them again; answers how many there were. Twice is the same as once. */
  async redrive(
    choice: FailureChoice & { readonly ids?: readonly string[] } = {},
    { signal }: CallOptions = {},
  ): Promise<number> {
    const json = withTimes(choice);
    return (await this.#request<{ redriven: number }>("POST", "/v1/failures/redrive", { json, signal })).answer
      .redriven;
  }
}

function withTimes<T extends FailureChoice>({ since, until, ...rest }: T) {
  const time = (at: Date | string): string => (typeof at === "string" ? at : at.toISOString());
  return {
    ...rest,
    ...(since === undefined ? {} : { since: time(since) }),
    ...(until === undefined ? {} : { until: time(until) }),
  };
}

/** API keys: make, list, revoke. They need an admin key that is tied to no collection. */
class KeyCalls {
  readonly #request: Requester;

  constructor(request: Requester) {
    this.#request = request;
  }

  /** Makes a key; the answer's `key` is shown this once. */
  async create(json: NewKey, { signal }: CallOptions = {}): Promise<MadeKey> {
    // Not repeatable: after a lost answer there would be a key that nobody has seen.
    return (await this.#request<MadeKey>("POST", "/v1/keys", { json, signal, repeatable: false })).answer;
  }

  async list({ signal }: CallOptions = {}): Promise<readonly ApiKey[]> {
    return (await this.#request<{ keys: ApiKey[] }>("GET", "/v1/keys", { signal })).answer.keys;
  }

  /** Within seconds no process knows the key any more. */
  async revoke(id: string, { signal }: CallOptions = {}): Promise<ApiKey> {
    return (await this.#request<ApiKey>("DELETE", `/v1/keys/${encodeURIComponent(id)}`, { signal })).answer;
  }
}

function collectionPath(name: string): string {
  return `/v1/collections/${encodeURIComponent(name)}`;
}

function migrationPath(name: string): string {
  return `${collectionPath(name)}/migration`;
}

function documentsPath(collection: string): string {
  return `${collectionPath(collection)}/documents`;
}

/** A list has a method of that name. */
function isFilter(
  which: string | readonly string[] | { readonly filter: Filter },
): which is { readonly filter: Filter } {
  return typeof which === "object" && !Array.isArray(which);
}
