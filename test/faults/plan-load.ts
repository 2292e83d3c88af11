import type { Random } from "./random.ts";
import { makeCopy, type Copy } from "./texts.ts";

/** One request of the load. */
export type Action =
  | { readonly kind: "push"; readonly form: "single" | "list" | "ndjson"; readonly copies: readonly Copy[] }
  | { readonly kind: "delete"; readonly form: "single" | "list"; readonly ids: readonly string[] };

const UPDATED = 0.2;
const DELETED = 0.05;
const DELETED_AND_BACK = 0.05;
const PUSHED_BY_TWO = 0.04;
const PUSHED_AGAIN = 0.03;
const MOST_IN_A_PUSH = 60;

/**
 * The requests of a run, in the order in which they begin; several clients work them off, so neighbours overlap. Every
 * document is pushed, and while that goes on some are updated, deleted, deleted and pushed again, pushed by two clients
 * with different content at once, or pushed again as they are.
 * @param names what the ids begin with, and the number before that of the first content
 */
export function planLoad(random: Random, documents: number, names = { prefix: "d", firstCopy: 0 }): Action[] {
  let copies = names.firstCopy;
  const copyOf = (id: string): Copy => makeCopy(random, id, (copies += 1));
  const first = Array.from({ length: documents }, (_, i) => copyOf(`${names.prefix}${i}`));
  const placed: { readonly at: number; readonly action: Action }[] = [];

  for (let from = 0; from < documents;) {
    const copiesHere = first.slice(from, from + (random.chance(0.2) ? 1 : random.int(2, MOST_IN_A_PUSH)));
    placed.push({ at: from / documents, action: push(random, copiesHere) });
    from += copiesHere.length;
  }
  /** Some time after its first push, as shares of the run; the same moment for all that is given together. */
  const later = (index: number, ...actions: Action[]): void => {
    const began = index / documents;
    const at = began + random.next() * (1.15 - began);
    for (const action of actions) placed.push({ at, action });
  };
  for (const [index, copy] of first.entries()) {
    const { id } = copy;
    if (random.chance(UPDATED)) later(index, push(random, [copyOf(id)]));
    if (random.chance(DELETED)) later(index, remove(random, [id]));
    if (random.chance(DELETED_AND_BACK)) later(index, remove(random, [id]), push(random, [copyOf(id)]));
    if (random.chance(PUSHED_BY_TWO)) later(index, push(random, [copyOf(id)]), push(random, [copyOf(id)]));
    if (random.chance(PUSHED_AGAIN)) later(index, push(random, [copy]));
  }
  return placed.sort((a, b) => a.at - b.at).map(({ action }) => action);
}

function push(random: Random, copies: readonly Copy[]): Action {
  const form = copies.length === 1 && random.chance(0.5) ? "single" : random.chance(0.5) ? "ndjson" : "list";
  return { kind: "push", form, copies };
}

function remove(random: Random, ids: readonly string[]): Action {
  return { kind: "delete", form: random.chance(0.5) ? "single" : "list", ids };
}
