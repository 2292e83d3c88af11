import { messageOf, pause, type Log } from "@polyseme/core";
import { CLAIM_SECONDS, renewClaims, type Database, type DocumentRef } from "@polyseme/store";

/** Renews the claims of the documents in work, so that only a dead worker's are taken by others. */
export interface ClaimKeeper {
  /** Call the returned function when the documents are done. */
  hold(collectionId: number, documents: readonly DocumentRef[]): (done: DocumentRef) => void;
  /** Documents held now. */
  readonly held: number;
  /** Renews until the signal is aborted. */
  run(signal: AbortSignal): Promise<void>;
}

const RENEW_EVERY_MS = (CLAIM_SECONDS * 1_000) / 3;

/** @param renew how; of the ledger's claims when left out */
export function makeClaimKeeper(database: Database, log: Log, renew: typeof renewClaims = renewClaims): ClaimKeeper {
  const held = new Map<DocumentRef, number>();
  return {
    get held() {
      return held.size;
    },
    hold(collectionId, documents) {
      for (const document of documents) held.set(document, collectionId);
      return (done) => {
        held.delete(done);
      };
    },
    async run(signal) {
      while (!signal.aborted) {
        await pause(RENEW_EVERY_MS, signal);
        for (const collectionId of new Set(held.values())) {
          const documents = [...held].filter(([, id]) => id === collectionId).map(([document]) => document);
          await renew(database, collectionId, documents).catch((error: unknown) => {
            log.warn({ reason: messageOf(error) }, "claims not renewed");
          });
        }
      }
    },
  };
}
