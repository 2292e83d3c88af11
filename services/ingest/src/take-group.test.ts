import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { takeGroup } from "./take-group.ts";

const limits = { documents: 4, characters: 20 };
const batch = fc.record({
  collection: fc.constantFrom("a", "b"),
  documents: fc.uniqueArray(
    fc.record({ id: fc.constantFrom("1", "2", "3", "4", "5", "6"), text: fc.string({ maxLength: 12 }) }),
    { selector: ({ id }) => id, maxLength: 4 },
  ),
});
interface Batch {
  collection: string;
  documents: { id: string; text: string }[];
}
const waitingOf = (batches: Batch[]) => batches.map((one) => ({ batch: one }));

describe("a group", () => {
  test("begins with the first batch, is of one collection, within the limits, without an id twice", () => {
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1 }), (batches) => {
        const waiting = waitingOf(batches);
        const [first] = waiting;
        const group = takeGroup(waiting, limits);
        expect(group[0]).toBe(first);
        expect(new Set(group.map((one) => one.batch.collection)).size).toBe(1);
        const documents = group.flatMap((one) => one.batch.documents);
        expect(new Set(documents.map(({ id }) => id)).size).toBe(documents.length);
        const characters = documents.reduce((sum, { text }) => sum + text.length, 0);
        if (group.length > 1) {
          expect(documents.length).toBeLessThanOrEqual(limits.documents);
          expect(characters).toBeLessThanOrEqual(limits.characters);
        }
      }),
    );
  });

  test("takes nothing away that it does not hold, so every batch is written once", () => {
    fc.assert(
      fc.property(fc.array(batch), (batches) => {
        const waiting = waitingOf(batches);
        const all = new Set(waiting);
        const taken: unknown[] = [];
        while (waiting.length > 0) taken.push(...takeGroup(waiting, limits));
        expect(taken).toHaveLength(all.size);
        expect(new Set(taken)).toEqual(all);
      }),
    );
  });

  test("joins the requests that wait, whichever ticket they are of", () => {
    const waiting = waitingOf(["1", "2", "3"].map((id) => ({ collection: "a", documents: [{ id, text: "short" }] })));
    expect(takeGroup(waiting, limits)).toHaveLength(3);
    expect(waiting).toEqual([]);
  });
});
