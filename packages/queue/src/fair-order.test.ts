import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  CHARACTERS_A_LEVEL,
  FIRST_LEVEL,
  LAST_LEVEL,
  makeFairOrder,
  type Arrival,
  type OrderedJob,
} from "./fair-order.ts";

const FULL_JOB = 64 * 1024;
/** Of one job: its text, and what its one document costs beside it. */
const ONE_DOCUMENT = 100;

function job(collectionId: number, options: Partial<OrderedJob> = {}): OrderedJob {
  const documents = [{ id: "d", revision: 1 }];
  return { collectionId, priority: 0, attempts: 0, documents, characters: FULL_JOB - ONE_DOCUMENT, ...options };
}

/** BullMQ's prioritized set and one door or several: low priorities first, first come first within one. */
class Line {
  readonly waiting: { readonly job: OrderedJob; readonly id: string; readonly level: number; readonly nth: number }[] =
    [];
  #added = 0;

  add(order: ReturnType<typeof makeFairOrder>, next: OrderedJob, arrival: Arrival = "new"): number {
    order.read(this.head?.level);
    for (const [flow, lastJob] of order.lastJobsOf([next], arrival))
      order.confirm(
        flow,
        this.waiting.some(({ id }) => id === lastJob),
      );
    this.#added += 1;
    const id = `j${this.#added}`;
    const level = order.place(next, id, arrival);
    this.waiting.push({ job: next, id, level, nth: this.#added });
    this.waiting.sort((a, b) => a.level - b.level || a.nth - b.nth);
    order.added(next, arrival);
    return level;
  }

  get head() {
    return this.waiting[0];
  }

  take() {
    return this.waiting.shift();
  }
}

const shareOf = (jobs: readonly OrderedJob[], collectionId: number): number =>
  jobs.filter((one) => one.collectionId === collectionId).reduce((sum, { characters }) => sum + characters, 0);

describe("flows that always have jobs waiting", () => {
  test("get work in proportion to their weights, within a job of each and what shares a level", () => {
    const flow = fc.record({
      priority: fc.integer({ min: 0, max: 9 }),
      sizes: fc.array(fc.integer({ min: 1, max: FULL_JOB }), { minLength: 1, maxLength: 5 }),
    });
    fc.assert(
      fc.property(fc.array(flow, { minLength: 2, maxLength: 5 }), fc.boolean(), (flows, oneAfterTheOther) => {
        const order = makeFairOrder();
        const line = new Line();
        const jobs = flows.map(({ priority, sizes }, collection) =>
          Array.from({ length: 120 }, (_, i) =>
            job(collection, { priority, characters: sizes[i % sizes.length] ?? 1 }),
          ),
        );
        // Whether a whole load came before the next one, or all at once.
        if (oneAfterTheOther) for (const one of jobs.flat()) line.add(order, one);
        else for (let i = 0; i < 120; i += 1) for (const ofFlow of jobs) line.add(order, ofFlow[i] ?? job(0));
        const served: OrderedJob[] = [];
        for (let one = line.take(); one !== undefined; one = line.take()) {
          served.push(one.job);
          if (!flows.every((_, collection) => line.waiting.some((left) => left.job.collectionId === collection))) break;
          const normal = flows.map(({ priority }, collection) => {
            const ofFlow = served.filter(({ collectionId }) => collectionId === collection);
            return (shareOf(served, collection) + ofFlow.length * ONE_DOCUMENT) / (1 + priority);
          });
          const slack = flows.map(
            ({ priority, sizes }) => (Math.max(...sizes) + ONE_DOCUMENT) / (1 + priority) + CHARACTERS_A_LEVEL,
          );
          for (const [a, ofA] of normal.entries())
            for (const [b, ofB] of normal.entries())
              if (a !== b) expect(Math.abs(ofA - ofB)).toBeLessThanOrEqual((slack[a] ?? 0) + (slack[b] ?? 0));
        }
      }),
      { numRuns: 60 },
    );
  });

  test("of weights 1 and 4 are served 1 : 4, and of equal weights in turn", () => {
    const order = makeFairOrder();
    const line = new Line();
    for (let i = 0; i < 200; i += 1) line.add(order, job(1));
    for (let i = 0; i < 200; i += 1) line.add(order, job(2, { priority: 3 }));
    for (let i = 0; i < 200; i += 1) line.add(order, job(3));
    const first = Array.from({ length: 120 }, () => line.take()?.job.collectionId);
    expect([1, 2, 3].map((collection) => first.filter((one) => one === collection).length)).toEqual([20, 80, 20]);
  });
});

describe("a flow that was away", () => {
  test("waits for one job of each flow that is there, or what fits the level, however long their backlogs are", () => {
    const backlog = fc.record({ priority: fc.integer({ min: 0, max: 9 }), jobs: fc.integer({ min: 1, max: 150 }) });
    fc.assert(
      fc.property(
        fc.array(backlog, { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 0, max: 9 }),
        (backlogs, served, priority) => {
          const order = makeFairOrder();
          const line = new Line();
          backlogs.forEach((one, collection) => {
            for (let i = 0; i < one.jobs; i += 1) line.add(order, job(collection, { priority: one.priority }));
          });
          for (let i = 0; i < served; i += 1) line.take();
          line.add(order, job(99, { priority }));
          const before = line.waiting.findIndex((one) => one.job.collectionId === 99);
          // One more than fills a level: tags are sums of floating-point numbers, so one can fall just below its edge.
          const atMost = backlogs.map((one) => Math.floor(((1 + one.priority) * CHARACTERS_A_LEVEL) / FULL_JOB) + 1);
          expect(before).toBeLessThanOrEqual(atMost.reduce((sum, jobs) => sum + jobs, 0));
        },
      ),
    );
  });

  test("gets nothing for the time it was away", () => {
    const order = makeFairOrder();
    const line = new Line();
    for (let i = 0; i < 100; i += 1) line.add(order, job(1));
    for (let i = 0; i < 50; i += 1) line.take();
    for (let i = 0; i < 50; i += 1) line.add(order, job(2));
    const next = Array.from({ length: 40 }, () => line.take()?.job.collectionId);
    expect(next.filter((collection) => collection === 2)).toHaveLength(20);
  });
});

test("within a flow jobs keep their order, whatever comes between and is taken meanwhile", () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant("add" as const),
      collection: fc.integer({ min: 0, max: 3 }),
      characters: fc.integer({ min: 0, max: 4 * 1024 * 1024 }),
      priority: fc.integer({ min: 0, max: 1 }),
    }),
    fc.record({ kind: fc.constant("take" as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const order = makeFairOrder();
      const line = new Line();
      const served: number[] = [];
      const flowOf: number[] = [];
      const take = (): void => {
        const one = line.take();
        if (one !== undefined) served.push(one.nth);
      };
      for (const one of steps) {
        if (one.kind === "take") take();
        else {
          flowOf.push(one.collection * 2 + one.priority);
          line.add(order, job(one.collection, one));
        }
      }
      while (line.head !== undefined) take();
      for (let flow = 0; flow < 8; flow += 1) {
        const ofFlow = served.filter((nth) => flowOf[nth - 1] === flow);
        expect(ofFlow).toEqual([...ofFlow].sort((a, b) => a - b));
      }
    }),
  );
});

describe("jobs that were put back", () => {
  test("after a run go to the head of the line and cost their flow nothing", () => {
    const order = makeFairOrder();
    const line = new Line();
    for (let i = 0; i < 100; i += 1) line.add(order, job(1));
    for (let i = 0; i < 10; i += 1) line.take();
    const head = line.head?.level;
    const last = line.waiting.at(-1)?.level ?? 0;
    expect(line.add(order, job(1, { attempts: 1 }), "again")).toBe(head);
    expect(line.add(order, job(1))).toBe(last + 2);
  });

  test("that never ran stand in a line of their own, so that a lost million does not hold up ten", () => {
    const order = makeFairOrder();
    const line = new Line();
    for (let i = 0; i < 1_000; i += 1) line.add(order, job(1), "again");
    line.add(order, job(2));
    expect(line.waiting.findIndex((one) => one.job.collectionId === 2)).toBe(1);
    // What their flow pushes meanwhile is not moved by them: they may be in the queue already, at their old places.
    expect(line.add(order, job(1))).toBe(FIRST_LEVEL);
  });
});

describe("the levels", () => {
  test("begin anew when the queue has run empty, for every door", () => {
    const doors = [makeFairOrder(), makeFairOrder()] as const;
    const line = new Line();
    for (let i = 0; i < 100; i += 1) line.add(doors[0], job(1));
    expect(line.add(doors[1], job(2))).toBe(FIRST_LEVEL);
    line.waiting.splice(0);
    // The other door fills the queue again before this one looks: what its flow had counts no more.
    for (let i = 0; i < 50; i += 1) line.add(doors[1], job(2));
    expect(line.add(doors[0], job(1))).toBe(FIRST_LEVEL);
  });

  test("end at BullMQ's last priority, where all are first come first until the queue was empty once", () => {
    const order = makeFairOrder();
    const line = new Line();
    const huge = { characters: 4 * 1024 * 1024 };
    while (line.add(order, job(1, huge)) < LAST_LEVEL) if (line.waiting.length > 3) line.waiting.splice(0, 1);
    const levels = [1, 1, 1].map((collection) => line.add(order, job(collection, huge)));
    expect(levels).toEqual([LAST_LEVEL, LAST_LEVEL, LAST_LEVEL]);
    expect(line.add(order, job(2))).toBe(line.head?.level);
    line.waiting.splice(0);
    expect(line.add(order, job(1))).toBe(FIRST_LEVEL);
  });

  test("are whole numbers that BullMQ takes, for any job", () => {
    const any = fc.record({
      collectionId: fc.nat(5),
      priority: fc.integer({ min: 0, max: 9 }),
      attempts: fc.nat(1),
      characters: fc.nat(2 ** 31 - 1),
      documents: fc.constant([]),
    });
    fc.assert(
      fc.property(fc.array(any), fc.option(fc.integer({ min: 1, max: LAST_LEVEL })), (jobs, head) => {
        const order = makeFairOrder();
        order.read(head ?? undefined);
        for (const [i, one] of jobs.entries()) {
          const level = order.place(one, `j${i}`, "new");
          expect(Number.isInteger(level) && level >= (head ?? FIRST_LEVEL) && level <= LAST_LEVEL).toBe(true);
        }
      }),
    );
  });
});

test("flows of any number are remembered in a bounded memory", () => {
  const order = makeFairOrder();
  order.read(1);
  for (let collection = 0; collection < 25_000; collection += 1) {
    order.place(job(collection), "j", "new");
    order.added(job(collection), "new");
  }
  expect(order.size).toBe(10_000);
});

test("while a job is on its way into the queue, its flow goes on behind it although no reading sees it", () => {
  const order = makeFairOrder();
  order.read(undefined);
  expect(order.place(job(1), "j1", "new")).toBe(FIRST_LEVEL);
  order.read(undefined);
  expect([...order.lastJobsOf([job(1)], "new")]).toEqual([]);
  expect(order.place(job(1), "j2", "new")).toBe(FIRST_LEVEL + 2);
});
