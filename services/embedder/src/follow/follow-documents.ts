import { asPolysemeError, JOB_LIMITS, messageOf, type Metrics } from "@polyseme/core";
import type { EncoderRegistry } from "@polyseme/encoder";
import {
  claimFollowed,
  failFollowed,
  followMethod,
  followTarget,
  readPacked,
  readTexts,
  releaseFollowed,
  storeFollowed,
  type Database,
  type DocumentRef,
  type EmbeddedChunk,
  type FollowedChunks,
  type FollowedDocument,
  type FollowMethod,
  type Following,
} from "@polyseme/store";
import type { ClaimKeeper } from "../claim-keeper.ts";
import { embedSafely, type EmbedDeps } from "../embed-safely.ts";
import { openEncodersOf, type DocumentEncoders } from "../embed-sparse.ts";
import { decideOutcome } from "../outcome.ts";
import type { SectionedText } from "../stretches.ts";
import type { StoredDocument } from "./rechunk-protocol.ts";
import type { RechunkThread } from "./rechunk-thread.ts";

export interface FollowDeps extends EmbedDeps {
  readonly database: Database;
  readonly encoders: EncoderRegistry;
  readonly claims: ClaimKeeper;
  readonly rechunking: Omit<RechunkThread, "close">;
  readonly metrics: Metrics;
}

/** Documents claimed at once, by what is done with them. */
const BATCH = { reembed: 32, rechunk: 256 } as const satisfies Record<FollowMethod, number>;
/** Tokens whose stored vectors are in memory at once: some 400 bytes each at 384 dimensions. */
const TOKENS_A_READ = 100_000;
/** Against weights of 1 and more of what is pushed: it takes what the others leave, and a tenth where they leave nothing. */
const WEIGHT = 0.1;
/** A document that is on its way to the live generation is looked at again after this. */
const PUT_OFF_MS = 1_000;
/** Runs from which on it may be the document that ends its worker. */
const SUSPECT_RUNS = 3;

type Finished = FollowedChunks;

/**
 * Brings some of the documents that are due to the following generation; answers whether more may be due at once.
 * A document that cannot be brought is marked, and holds up no other.
 */
export async function followSome(deps: FollowDeps, following: Following): Promise<boolean> {
  const { database } = deps;
  const { id: collectionId } = following.collection;
  const method = followMethod(following);
  const claimed = await claimFollowed(database, collectionId, BATCH[method]);
  if (claimed.length === 0) return false;
  if (method === "rechunk") deps.rechunking.open();
  const done = deps.claims.hold(collectionId, claimed);
  try {
    const due = await sortOut(deps, following, claimed);
    if (due.length === 0) return false;
    const encoders = await openEncodersOf(deps.encoders, following.follower);
    const { specialTokens } = encoders.dense.info;
    const rest = method === "rechunk" ? await rechunkAll(deps, following, due, specialTokens) : due;
    await reembedAll(deps, following, rest, encoders);
    return true;
  } catch (error) {
    const { code } = asPolysemeError(error);
    deps.log.warn(
      { collection: following.collection.name, code, reason: messageOf(error) },
      "migration: a batch was given back",
    );
    // Without Postgres their claims run out.
    await releaseFollowed(database, collectionId, claimed, { afterMs: PUT_OFF_MS, countsAsAttempt: false }).catch(
      () => undefined,
    );
    return false;
  } finally {
    for (const document of claimed) done(document);
  }
}

/** Those that are stored; the others wait, or have failed already. */
async function sortOut(
  { database }: FollowDeps,
  { collection }: Following,
  claimed: readonly FollowedDocument[],
): Promise<FollowedDocument[]> {
  const onTheirWay = claimed.filter(({ state }) => state === "queued" || state === "embedding");
  if (onTheirWay.length > 0)
    await releaseFollowed(database, collection.id, onTheirWay, { afterMs: PUT_OFF_MS, countsAsAttempt: false });
  for (const document of claimed)
    if (document.fault !== null) await failFollowed(database, collection.id, document, document.fault);
  return claimed.filter(({ state }) => state === "stored");
}

/** Answers the documents that have nothing to be made from. */
async function rechunkAll(
  deps: FollowDeps,
  following: Following,
  due: readonly FollowedDocument[],
  specialTokens: number,
): Promise<FollowedDocument[]> {
  const { collection, follower } = following;
  const { chunking, tokens, language } = follower;
  const isShared = followTarget(following).sharesTokens === true;
  const settings = { chunking, tokens, language, specialTokens, rows: isShared ? "shared" : "copied" } as const;
  const rest: FollowedDocument[] = [];
  for (const group of groupsOf(due, ({ tokens: count }) => count, TOKENS_A_READ)) {
    const finished: Finished[] = [];
    const documents = await readPacked(deps.database, collection, group);
    const answers = await deps.rechunking.rechunk(documents.map(partsOf), settings, deps.abandon);
    for (const [n, { id, revision, read }] of documents.entries()) {
      const answer = answers[n];
      switch (answer?.kind) {
        case "chunks":
          finished.push({ id, revision, chunks: answer.chunks, ...(isShared ? { read } : {}) });
          break;
        case undefined:
        case "wordless":
          rest.push(...group.filter((document) => document.id === id));
          break;
        case "failed":
          await failFollowed(
            deps.database,
            collection.id,
            { id, revision },
            { code: "internal", message: answer.message },
          );
          break;
        default:
          throw new Error(`Unknown answer ${String(answer satisfies never)}`);
      }
    }
    await write(deps, following, finished);
  }
  return rest;
}

/** Without what the thread has no use for. */
function partsOf({ text, sections, chunks }: StoredDocument): StoredDocument {
  return { text, sections: sections ?? null, chunks };
}

async function reembedAll(
  deps: FollowDeps,
  following: Following,
  due: readonly FollowedDocument[],
  encoders: DocumentEncoders,
): Promise<void> {
  for (const group of groupsOf(due, ({ textBytes }) => textBytes, JOB_LIMITS.characters)) {
    const finished: Finished[] = [];
    const byId = new Map(group.map((document) => [document.id, document]));
    await Promise.all(
      (await readTexts(deps.database, following.collection.id, group)).map(async (document) => {
        const { id, revision } = document;
        const attempts = byId.get(id)?.attempts ?? 1;
        const chunks = await reembed(deps, following, { ...document, attempts }, encoders);
        if (chunks !== undefined) finished.push({ id, revision, chunks });
      }),
    );
    await write(deps, following, finished);
  }
}

async function reembed(
  deps: FollowDeps,
  { collection, follower }: Following,
  document: DocumentRef & SectionedText & { readonly attempts: number },
  encoders: DocumentEncoders,
): Promise<EmbeddedChunk[] | undefined> {
  const { id, text, sections = null, attempts } = document;
  const { model, chunking, tokens, language, sparse = null } = follower;
  const settings = { chunking, tokens, language };
  const flow = { key: `${collection.id} follow`, weight: WEIGHT };
  try {
    const isSuspect = attempts >= SUSPECT_RUNS;
    const about = { id, model, sparseModel: sparse?.model, text, sections, settings, flow, isSuspect };
    return await embedSafely(deps, about, encoders);
  } catch (error) {
    const known = asPolysemeError(error);
    const outcome = deps.abandon.aborted
      ? ({ kind: "retry", afterMs: 0, countsAsAttempt: false } as const)
      : decideOutcome(known, attempts);
    const about = { collection: collection.name, document: id, code: known.code, reason: known.message };
    switch (outcome.kind) {
      case "fail":
        deps.log.error(about, "migration: document failed in the new generation");
        await failFollowed(deps.database, collection.id, document, { code: known.code, message: known.message });
        return undefined;
      case "retry":
        deps.log.warn(about, "migration: document will be tried again");
        await releaseFollowed(deps.database, collection.id, [document], outcome);
        return undefined;
      default:
        throw new Error(`Unknown outcome ${String(outcome satisfies never)}`, { cause: error });
    }
  }
}

/** What was replaced meanwhile stays listed, or is listed again by whoever stores it. A statement that fails for one document's sake is halved. */
async function write(deps: FollowDeps, following: Following, finished: readonly Finished[]): Promise<void> {
  if (finished.length === 0) return;
  const { collection } = following;
  const target = followTarget(following);
  const stopTimer = deps.metrics.stageSeconds.startTimer({ stage: "follow_write" });
  try {
    const written = await storeFollowed(deps.database, target, finished);
    deps.metrics.documentsFollowed.inc({ method: followMethod(following) }, written.size);
    const stale = finished.filter(({ id }) => !written.has(id));
    if (stale.length > 0)
      await releaseFollowed(deps.database, collection.id, stale, { afterMs: PUT_OFF_MS, countsAsAttempt: false });
  } catch (error) {
    if (asPolysemeError(error).code === "unavailable") throw error;
    const [only] = finished;
    if (finished.length === 1 && only !== undefined) {
      await failFollowed(deps.database, collection.id, only, { code: "internal", message: messageOf(error) });
      return;
    }
    const half = Math.ceil(finished.length / 2);
    await write(deps, following, finished.slice(0, half));
    await write(deps, following, finished.slice(half));
  } finally {
    stopTimer();
  }
}

/** Neighbours together, up to so much; at least one. */
function* groupsOf<T>(items: readonly T[], sizeOf: (item: T) => number, most: number): Generator<T[]> {
  let group: T[] = [];
  let size = 0;
  for (const item of items) {
    if (group.length > 0 && size + sizeOf(item) > most) {
      yield group;
      group = [];
      size = 0;
    }
    group.push(item);
    size += sizeOf(item);
  }
  if (group.length > 0) yield group;
}
