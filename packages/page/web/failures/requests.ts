import type { FailurePage } from "@polyseme/client";
import type { Transport } from "../transport.ts";

type Asked = Pick<Transport, "json">;

/** Which failures are meant; "" stands for all. */
export interface Choice {
  readonly collection: string;
  readonly code: string;
}

const PAGE = 50;
/** Codes are counted among so many: the newest ones. */
const COUNTED = 1_000;

function given(choice: Choice): Record<string, string> {
  return Object.fromEntries(Object.entries(choice).filter(([, value]) => value !== ""));
}

function ask(server: Asked, query: Record<string, string>, signal: AbortSignal): Promise<FailurePage> {
  return server.json("GET", `v1/failures?${new URLSearchParams(query).toString()}`, signal);
}

/** @param after `next` of the page before; undefined: the first page */
export function listFailures(server: Asked, choice: Choice, after: string | undefined, signal: AbortSignal) {
  return ask(server, { ...given(choice), limit: String(PAGE), ...(after === undefined ? {} : { after }) }, signal);
}

export interface CodeCounts {
  readonly codes: readonly { readonly code: string; readonly count: number }[];
  /** How many failures there are of all codes. */
  readonly total: number;
  /** True when older ones were not counted by code. */
  readonly isPart: boolean;
}

/** How many failures of each code, the most frequent first. */
export async function countCodes(server: Asked, collection: string, signal: AbortSignal): Promise<CodeCounts> {
  const { failures, total, next } = await ask(
    server,
    { ...given({ collection, code: "" }), limit: String(COUNTED) },
    signal,
  );
  const counts = new Map<string, number>();
  for (const { error } of failures) counts.set(error.code, (counts.get(error.code) ?? 0) + 1);
  const codes = [...counts].map(([code, count]) => ({ code, count })).sort((a, b) => b.count - a.count);
  return { codes, total, isPart: next !== null };
}

/** @returns how many are tried again */
export async function redrive(
  server: Asked,
  choice: Choice & { readonly id?: string },
  signal: AbortSignal,
): Promise<number> {
  const { id, ...rest } = choice;
  const body = { ...given(rest), ...(id === undefined ? {} : { ids: [id] }) };
  const { redriven } = await server.json<{ redriven: number }>("POST", "v1/failures/redrive", signal, body);
  return redriven;
}
