import { isRecord, pause } from "@polyseme/core";
import type { History } from "./history.ts";
import type { Action } from "./plan-load.ts";
import type { Supervised } from "./services.ts";

/** What the clients of a run were told. */
export interface LoadResult {
  readonly tickets: readonly string[];
  /** Requests that were never accepted, and answers that no fault excuses. */
  readonly breaches: readonly string[];
  /** Attempts without an answer that says what became of them. */
  readonly lostAnswers: number;
  readonly requests: number;
}

export interface LoadOptions {
  readonly collection: string;
  readonly door: Supervised;
  readonly history: History;
  readonly clients: number;
  /** The requests begin evenly over this time. */
  readonly lastsMs: number;
  readonly signal: AbortSignal;
}

const ANSWER_MS = 15_000;
const UP_MS = 60_000;
const GIVE_UP_MS = 120_000;
const RETRY_MS = 150;

/** Clients that work off the actions, each trying again until it has an answer, as a person's program would. */
export async function runLoad(actions: readonly Action[], options: LoadOptions): Promise<LoadResult> {
  const tickets: string[] = [];
  const breaches: string[] = [];
  let lostAnswers = 0;
  let requests = 0;
  let next = 0;
  const beganMs = performance.now();

  const client = async (): Promise<void> => {
    for (let index = next++; index < actions.length; index = next++) {
      const action = actions[index];
      if (action === undefined || options.signal.aborted) return;
      await pause(beganMs + (index / actions.length) * options.lastsMs - performance.now(), options.signal);
      const done = await untilAnswered(action, options);
      requests += done.attempts;
      lostAnswers += done.lost;
      const ids = action.kind === "push" ? action.copies.map(({ id }) => id) : action.ids;
      const copies = new Map(action.kind === "push" ? action.copies.map(({ id, copy }) => [id, copy]) : []);
      options.history.add(ids, (id) => ({
        copy: copies.get(id),
        overAtMs: done.lost > 0 ? Infinity : performance.now(),
        effectiveFromMs: done.answeredFromMs,
      }));
      if (done.ticket !== undefined) tickets.push(done.ticket);
      if (done.breach !== undefined) breaches.push(`${action.kind} of ${ids.slice(0, 3).join(", ")}: ${done.breach}`);
    }
  };
  await Promise.all(Array.from({ length: options.clients }, client));
  return { tickets, breaches, lostAnswers, requests };
}

interface Done {
  attempts: number;
  lost: number;
  answeredFromMs?: number;
  ticket?: string;
  breach?: string;
}

async function untilAnswered(action: Action, { door, collection, signal }: LoadOptions): Promise<Done> {
  const done: Done = { attempts: 0, lost: 0 };
  const deadline = performance.now() + GIVE_UP_MS;
  while (performance.now() < deadline && !signal.aborted) {
    const startedMs = performance.now();
    done.attempts += 1;
    const outcome = await attempt(action, await door.url(UP_MS), collection);
    switch (outcome.kind) {
      case "done":
        done.answeredFromMs = startedMs;
        if (outcome.ticket !== undefined) done.ticket = outcome.ticket;
        return done;
      case "refused":
        break;
      case "lost":
        done.lost += 1;
        break;
      case "breach":
        done.lost += 1;
        done.breach = outcome.what;
        return done;
      default:
        throw new Error(`Unknown outcome ${String(outcome satisfies never)}`);
    }
    await pause(RETRY_MS, signal);
  }
  done.breach = `no answer within ${GIVE_UP_MS} ms`;
  return done;
}

type Outcome =
  | { readonly kind: "done"; readonly ticket: string | undefined }
  /** It did nothing, and will not. */
  | { readonly kind: "refused" }
  /** Nobody knows what it did, or will do. */
  | { readonly kind: "lost" }
  | { readonly kind: "breach"; readonly what: string };

async function attempt(action: Action, url: string, collection: string): Promise<Outcome> {
  const { method, path, type, body } = requestOf(action);
  let response: Response;
  let answer: unknown;
  try {
    response = await fetch(`${url}/v1/collections/${collection}/documents${path}`, {
      method,
      ...(body !== undefined && { body, headers: { "content-type": type } }),
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    answer = JSON.parse(await response.text());
  } catch (error) {
    return { kind: codeOf(error) === "ECONNREFUSED" ? "refused" : "lost" };
  }
  if (response.status === 429) return { kind: "refused" };
  // Its statement may still run in Postgres when the connection to it was lost.
  if (response.status === 503) return { kind: "lost" };
  if (action.kind === "delete" && (response.status === 200 || response.status === 404))
    return { kind: "done", ticket: undefined };
  if (response.status !== 202 || !isRecord(answer))
    return { kind: "breach", what: `answered ${response.status}: ${JSON.stringify(answer)}` };
  const { rejected, ticket } = answer;
  if (Array.isArray(rejected) && rejected.length > 0)
    return { kind: "breach", what: `rejected: ${JSON.stringify(rejected)}` };
  return { kind: "done", ticket: String(ticket) };
}

function requestOf(action: Action): { method: string; path: string; type: string; body?: string } {
  const json = "application/json";
  if (action.kind === "delete")
    return action.form === "single"
      ? { method: "DELETE", path: `/${action.ids[0] ?? ""}`, type: json }
      : { method: "POST", path: "/delete", type: json, body: JSON.stringify({ ids: action.ids }) };
  const documents = action.copies.map(({ id, text }) => ({ id, text }));
  switch (action.form) {
    case "single":
      return { method: "POST", path: "", type: json, body: JSON.stringify(documents[0]) };
    case "list":
      return { method: "POST", path: "", type: json, body: JSON.stringify({ documents }) };
    case "ndjson":
      return {
        method: "POST",
        path: "",
        type: "application/x-ndjson",
        body: documents.map((document) => `${JSON.stringify(document)}\n`).join(""),
      };
    default:
      throw new Error(`Unknown form ${String(action satisfies never)}`);
  }
}

function codeOf(error: unknown): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  return isRecord(cause) ? cause["code"] : undefined;
}
