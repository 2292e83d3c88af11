import { rm } from "node:fs/promises";
import { openBackends, type Backends } from "@polyseme/backends";
import { readConfig, type Environment } from "@polyseme/core";
import type { EmbedJob } from "@polyseme/queue";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { makeEmbeddedFolder } from "./support/embedded-folder.ts";
import { waitUntil } from "./support/http.ts";
import { freshServers } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

interface Place {
  readonly environment: Environment;
  readonly remove: () => Promise<void>;
}

async function onServers(shards: number): Promise<Place> {
  const servers = await freshServers(databaseUrl ?? "", redisUrl ?? "");
  const environment = { ...servers.environment, POLYSEME_QUEUE_SHARDS: String(shards) };
  return { environment, remove: () => servers.drop() };
}

async function embedded(): Promise<Place> {
  const dataDir = await makeEmbeddedFolder();
  const remove = (): Promise<void> => rm(dataDir, { recursive: true, force: true });
  return { environment: { POLYSEME_DATA_DIR: dataDir }, remove };
}

const haveServers = databaseUrl !== null && redisUrl !== null;
const kinds: { name: string; can: boolean; make: () => Promise<Place> }[] = [
  { name: "Redis", can: haveServers, make: () => onServers(1) },
  { name: "Redis in four shards", can: haveServers, make: () => onServers(4) },
  { name: "embedded Postgres", can: true, make: embedded },
];

let nextJob = 1;
function jobs(collectionId: number, count: number, options: Partial<EmbedJob> = {}): EmbedJob[] {
  return Array.from({ length: count }, () => ({
    job: (nextJob += 1),
    attempts: 0,
    priority: 0,
    collectionId,
    documents: [{ id: "d", revision: 1 }],
    characters: 64 * 1024,
    ...options,
  }));
}

for (const { name, can, make } of kinds)
  describe.skipIf(!can)(`the embed queue on ${name}`, () => {
    let place: Place;
    let doors: Backends[] = [];
    beforeEach(async () => {
      place = await make();
    });
    afterEach(async () => {
      await Promise.all(doors.splice(0).map((door) => door.close()));
      await place.remove();
    });

    async function openDoor(): Promise<Backends> {
      const backend = readConfig(place.environment).backend;
      const door = await openBackends(backend, { pid: process.pid, onError: () => undefined });
      doors = [...doors, door];
      return door;
    }

    /** The collections of the jobs in the order in which a worker takes them, until so many are taken. */
    async function taken({ queues }: Backends, count: number): Promise<number[]> {
      const order: number[] = [];
      const consumer = queues.consumeEmbedJobs(
        ({ collectionId }) => {
          order.push(collectionId);
          return Promise.resolve();
        },
        { concurrency: 1, onError: () => undefined },
      );
      await waitUntil(`${count} jobs are taken`, () => Promise.resolve(order.length >= count));
      await consumer.close(10_000);
      return order;
    }

    const placeOfLast = (order: readonly number[], collection: number): number => order.lastIndexOf(collection);

    test("serves a few jobs of one collection long before the load of another that came first", async () => {
      const door = await openDoor();
      await door.queues.addEmbedJobs(jobs(1, 400), "new");
      await door.queues.addEmbedJobs(jobs(2, 8), "new");
      const order = await taken(door, 408);
      // In turn with the load: 16 of them, a few more where several shards are taken from at once.
      expect(placeOfLast(order, 2)).toBeLessThan(80);
      expect(order.filter((collection) => collection === 1)).toHaveLength(400);
    });

    test("shares between priorities by their weights, and gives its order up when it has been empty", async () => {
      const door = await openDoor();
      await door.queues.addEmbedJobs(jobs(1, 200), "new");
      await door.queues.addEmbedJobs(jobs(2, 200, { priority: 3 }), "new");
      const order = await taken(door, 400);
      const first = order.slice(0, 150).filter((collection) => collection === 2).length;
      expect(first).toBeGreaterThan(110);
      expect(first).toBeLessThan(130);
      await door.queues.addEmbedJobs(jobs(3, 200), "new");
      await door.queues.addEmbedJobs(jobs(1, 8), "new");
      // What the first collection had before counts no more.
      expect(placeOfLast(await taken(door, 208), 1)).toBeLessThan(80);
    });

    test("puts what had a run at the head, and a job that waits already is left where it is", async () => {
      const door = await openDoor();
      const load = jobs(1, 100);
      await door.queues.addEmbedJobs(load, "new");
      await door.queues.addEmbedJobs(load, "again");
      expect(await door.queues.countEmbedJobs()).toBe(100);
      await door.queues.addEmbedJobs(jobs(2, 1, { attempts: 1 }), "again");
      expect(placeOfLast(await taken(door, 101), 2)).toBeLessThan(20);
    });

    test.skipIf(name === "embedded Postgres")("agrees over two doors", async () => {
      const [one, other] = [await openDoor(), await openDoor()];
      await one.queues.addEmbedJobs(jobs(1, 300), "new");
      await other.queues.addEmbedJobs(jobs(2, 8), "new");
      await one.queues.addEmbedJobs(jobs(3, 8), "new");
      const order = await taken(one, 316);
      expect(placeOfLast(order, 2)).toBeLessThan(90);
      expect(placeOfLast(order, 3)).toBeLessThan(90);
    });
  });
