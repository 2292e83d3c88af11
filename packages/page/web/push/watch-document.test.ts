import { expect, test } from "vitest";
import { watchDocument, type DocumentState } from "./watch-document.ts";

const WATCHED = { collection: "c", id: "1", ticket: "t", first: "queued" } as const;
const STORED = { total: 1, stored: 1, failed: 0, pending: 0, deleted: 0, tokens: 1, failures: [] };

function document(state: DocumentState) {
  const error = state === "failed" ? { error: { code: "encode_failed", message: "no" } } : {};
  return { id: "1", title: null, text: "", metadata: {}, state, version: 1, attempts: 1, storedAt: null, ...error };
}

/** Answers with these states one after the other, the last one for ever. */
function server(states: readonly DocumentState[], watch: () => AsyncGenerator<typeof STORED>) {
  let asked = 0;
  return { document: () => Promise.resolve(document(states[Math.min(asked++, states.length - 1)] ?? "queued")), watch };
}

async function* silent(): AsyncGenerator<typeof STORED> {
  await new Promise(() => undefined);
  yield STORED;
}

async function statesOf(seen: ReturnType<typeof watchDocument>): Promise<string[]> {
  const states: string[] = [];
  for await (const { state, error } of seen) states.push(error === undefined ? state : `${state}: ${error.message}`);
  return states;
}

test("each state is told once, and the first one not again", async () => {
  const asked = server(["queued", "embedding", "embedding", "stored"], silent);
  const watching = watchDocument(asked, WATCHED, new AbortController().signal);
  expect(await statesOf(watching)).toEqual(["embedding", "stored"]);
});

test("a document that failed is told with its error, also when the stream of events broke", async () => {
  const broken = async function* () {
    yield STORED;
    await Promise.reject(new Error("cut off"));
  };
  const watching = watchDocument(server(["failed"], broken), WATCHED, new AbortController().signal);
  expect(await statesOf(watching)).toEqual(["failed: no"]);
});

test("whoever leaves ends it", async () => {
  const leave = new AbortController();
  const watching = watchDocument(server(["queued"], silent), WATCHED, leave.signal).next();
  leave.abort(new Error("left"));
  await expect(watching).rejects.toThrow("left");
});
