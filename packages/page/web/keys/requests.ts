import type { ApiKey, MadeKey, NewKey } from "@polyseme/client";
import type { Transport } from "../transport.ts";

type Asked = Pick<Transport, "json">;

export async function listKeys(server: Asked, signal: AbortSignal): Promise<readonly ApiKey[]> {
  return (await server.json<{ keys: ApiKey[] }>("GET", "v1/keys", signal)).keys;
}

export function createKey(server: Asked, key: NewKey, signal: AbortSignal) {
  return server.json<MadeKey>("POST", "v1/keys", signal, key);
}

export function revokeKey(server: Asked, id: string, signal: AbortSignal) {
  return server.json<ApiKey>("DELETE", `v1/keys/${encodeURIComponent(id)}`, signal);
}
