import type { Alias, Collection, CollectionSettings } from "@polyseme/client";
import { pathOf } from "../server.ts";
import type { Transport } from "../transport.ts";

type Asked = Pick<Transport, "json">;

/** @throws ServerError `conflict` when there is one of that name with other settings */
export function putCollection(server: Asked, name: string, settings: CollectionSettings, signal: AbortSignal) {
  return server.json<Collection>("PUT", pathOf(name), signal, settings);
}

export function deleteCollection(server: Asked, name: string, signal: AbortSignal) {
  return server.json<unknown>("DELETE", pathOf(name), signal);
}

/** The names of models that lie on the server, the default one first. */
export async function modelNames(server: Asked, signal: AbortSignal): Promise<string[]> {
  const { data } = await server.json<{ data: { id: string }[] }>("GET", "v1/models", signal);
  return data.map(({ id }) => id);
}

export function setAlias(server: Asked, alias: string, collection: string, signal: AbortSignal) {
  return server.json<Alias>("PUT", `v1/aliases/${encodeURIComponent(alias)}`, signal, { collection });
}

export function deleteAlias(server: Asked, alias: string, signal: AbortSignal) {
  return server.json<unknown>("DELETE", `v1/aliases/${encodeURIComponent(alias)}`, signal);
}
