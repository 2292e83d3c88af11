import { afterAll, beforeAll } from "vitest";
import { waitUntil } from "./http.ts";

/** What a test file may have no more of at its end than at its beginning: servers, connections, processes. (Node does not list threads.) */
const WATCHED = new Set(["TCPServerWrap", "TCPSocketWrap", "ProcessWrap"]);

/** Connections close a moment after their server does. */
const SETTLE_MS = 8_000;

function counts(): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of process.getActiveResourcesInfo())
    if (WATCHED.has(name)) found.set(name, (found.get(name) ?? 0) + 1);
  return found;
}

let before: Map<string, number>;
beforeAll(() => {
  before = counts();
});

// The first hook that was set is the last one to run: the file's own have stopped what they started.
afterAll(async () => {
  const leaks = (): string[] =>
    [...counts()].filter(([name, n]) => n > (before.get(name) ?? 0)).map(([name, n]) => `${n} ${name}`);
  await waitUntil("nothing is left open", () => Promise.resolve(leaks().length === 0), SETTLE_MS).catch(() => {
    throw new Error(`Left open by this file: ${leaks().join(", ")}`);
  });
});
