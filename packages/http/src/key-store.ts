import { anyKey, findKey, noteKeyUse, type Database, type StoredKey } from "@polyseme/store";

export type { StoredKey };

/** What the key ring asks the database. */
export interface KeyStore {
  findKey(hash: Buffer): Promise<StoredKey | undefined>;
  /** Whether any key was ever made. */
  anyKey(): Promise<boolean>;
}

/** Coarse on purpose: a write for each request would cost more than the request. */
const NOTE_USE_AFTER_MS = 60_000;

export function keyStoreOf(database: Database, onError: (error: unknown) => void): KeyStore {
  return {
    async findKey(hash) {
      const key = await findKey(database, hash);
      if (key?.revokedAt === null && Date.now() - (key.lastUsedAt?.getTime() ?? 0) > NOTE_USE_AFTER_MS)
        noteKeyUse(database, key.id).catch(onError);
      return key;
    },
    anyKey: () => anyKey(database),
  };
}
