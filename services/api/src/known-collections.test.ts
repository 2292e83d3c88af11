import { PolysemeError } from "@polyseme/core";
import type { Collection, Database } from "@polyseme/store";
import { expect, test } from "vitest";
import { makeKnownCollections } from "./known-collections.ts";

/** A database whose only collection is of the generation that `live` says at the time. */
function databaseOf(live: () => number): Database & { readonly asked: number } {
  const database = {
    asked: 0,
    query() {
      database.asked += 1;
      return Promise.resolve({ rows: [{ id: 1, name: "notes", generation: { number: live() } }], rowCount: 1 });
    },
  };
  return database as unknown as Database & { readonly asked: number };
}

const refused = new PolysemeError("conflict", "It lacks something.");

/** Takes the second generation alone. */
function work({ generation }: Collection): Promise<number> {
  return generation.number === 2 ? Promise.resolve(generation.number) : Promise.reject(refused);
}

test("a generation that was remembered and is refused is looked up again, as another may be live by now", async () => {
  let live = 1;
  const database = databaseOf(() => live);
  const known = makeKnownCollections(database, () => 0);
  await expect(known.use("notes", work)).rejects.toBe(refused);
  live = 2;
  expect(await known.use("notes", work)).toBe(2);
  expect(database.asked).toBe(2);
});

test("one that is live still is refused after one more look", async () => {
  const database = databaseOf(() => 1);
  const known = makeKnownCollections(database, () => 0);
  await expect(known.use("notes", work)).rejects.toBe(refused);
  expect(database.asked).toBe(1);
  await expect(known.use("notes", work)).rejects.toBe(refused);
  expect(database.asked).toBe(2);
});
