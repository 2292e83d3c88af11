import type { Migration, MigrationSettings } from "@polyseme/client";
import { pathOf, ServerError } from "../server.ts";
import type { Transport } from "../transport.ts";

type Asked = Pick<Transport, "json">;

const path = (collection: string, act = ""): string => `${pathOf(collection)}/migration${act}`;

/** undefined: there is none. */
export function getMigration(server: Asked, collection: string, signal: AbortSignal): Promise<Migration | undefined> {
  return server.json<Migration>("GET", path(collection), signal).catch((error: unknown) => {
    if (error instanceof ServerError && error.code === "not_found") return undefined;
    throw error;
  });
}

export function startMigration(server: Asked, collection: string, settings: MigrationSettings, signal: AbortSignal) {
  return server.json<Migration>("POST", `${pathOf(collection)}/migrate`, signal, settings);
}

/** @param force also with documents that failed in the new generation */
export function cutOver(server: Asked, collection: string, force: boolean, signal: AbortSignal) {
  return server.json<Migration>("POST", path(collection, "/cutover"), signal, { force });
}

export function rollBack(server: Asked, collection: string, signal: AbortSignal) {
  return server.json<Migration>("POST", path(collection, "/rollback"), signal);
}

/** It takes some seconds, up to a minute. */
export function measureOverlap(server: Asked, collection: string, signal: AbortSignal) {
  return server.json<Migration>("POST", path(collection, "/overlap"), signal);
}

/** Drops the generation that is not live. */
export function endMigration(server: Asked, collection: string, signal: AbortSignal) {
  return server.json<unknown>("DELETE", path(collection), signal);
}
