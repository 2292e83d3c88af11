import { JOB_LIMITS, PolysemeError } from "@polyseme/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { assignJobs, embedJobId, parseEmbedJobData, toEmbedJobData, type EmbedJob } from "./payloads.ts";

interface Sized {
  readonly characters: number;
  readonly priority: number;
}

const documents: fc.Arbitrary<Sized[]> = fc.array(
  fc.record({
    characters: fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 1, max: 200_000 })),
    priority: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 9 })),
  }),
  { maxLength: 150 },
);

function numbers(from = 100): () => number {
  let next = from;
  return () => {
    next += 1;
    return next;
  };
}

function byJob(assigned: ReturnType<typeof assignJobs<Sized>>): Sized[][] {
  const jobs = new Map<number, Sized[]>();
  for (const { document, job } of assigned) jobs.set(job, [...(jobs.get(job) ?? []), document]);
  return [...jobs.values()];
}

const charactersOf = (group: readonly Sized[]): number => group.reduce((sum, { characters }) => sum + characters, 0);

describe("documents shared out to jobs", () => {
  test("all come out once and in order", () => {
    fc.assert(
      fc.property(documents, (all) => {
        expect(assignJobs(all, numbers()).map(({ document }) => document)).toEqual(all);
      }),
    );
  });

  test("never exceed a job's bounds unless one document alone does", () => {
    fc.assert(
      fc.property(documents, (all) => {
        for (const group of byJob(assignJobs(all, numbers()))) {
          expect(group.length).toBeLessThanOrEqual(JOB_LIMITS.documents);
          if (group.length > 1) expect(charactersOf(group)).toBeLessThanOrEqual(JOB_LIMITS.characters);
        }
      }),
    );
  });

  test("never mix priorities in one job", () => {
    fc.assert(
      fc.property(documents, (all) => {
        for (const group of byJob(assignJobs(all, numbers())))
          expect(new Set(group.map(({ priority }) => priority)).size).toBe(1);
      }),
    );
  });

  test("of one priority begin a new job only when the next one would not fit", () => {
    fc.assert(
      fc.property(documents, (all) => {
        const jobs = byJob(assignJobs(all, numbers()));
        for (const priority of new Set(all.map((document) => document.priority))) {
          const ofPriority = jobs.filter(([first]) => first?.priority === priority);
          expect(ofPriority.flat()).toEqual(all.filter((document) => document.priority === priority));
          for (const [index, group] of ofPriority.entries()) {
            const next = ofPriority[index + 1]?.[0];
            if (next === undefined) continue;
            const full = group.length === JOB_LIMITS.documents;
            expect(full || charactersOf(group) + next.characters > JOB_LIMITS.characters).toBe(true);
          }
        }
      }),
    );
  });

  test("take a number for each job, and none for no documents", () => {
    const small = Array<Sized>(65).fill({ characters: 1, priority: 0 });
    const jobs = assignJobs(small, numbers()).map(({ job }) => job);
    expect([jobs[0], jobs[31], jobs[32], jobs[63], jobs[64]]).toEqual([101, 101, 102, 102, 103]);
    expect(
      assignJobs([], () => {
        throw new Error("No job is needed");
      }),
    ).toEqual([]);
  });

  test("of two priorities keep filling the job of their own priority when they alternate", () => {
    const alternating = [0, 9, 0, 9, 0].map((priority) => ({ characters: 10, priority }));
    expect(assignJobs(alternating, numbers()).map(({ job }) => job)).toEqual([101, 102, 101, 102, 101]);
  });
});

const embedJob: fc.Arbitrary<EmbedJob> = fc.record({
  job: fc.integer({ min: 1, max: 2 ** 47 + 100_000 }),
  attempts: fc.integer({ min: 0, max: 1_000 }),
  priority: fc.integer({ min: 0, max: 9 }),
  collectionId: fc.integer({ min: 1 }),
  documents: fc.array(fc.record({ id: fc.string({ unit: "binary" }), revision: fc.nat() }), { maxLength: 32 }),
  characters: fc.nat(),
});

describe("a job for BullMQ", () => {
  test("has an id without a colon that is not a number", () => {
    fc.assert(
      fc.property(embedJob, (job) => {
        expect(embedJobId(job)).not.toContain(":");
        expect(embedJobId(job)).not.toMatch(/^\d+$/);
        expect(Number.isNaN(Number(embedJobId(job)))).toBe(true);
      }),
    );
  });

  test("has an id that differs with the job's number and with the runs so far", () => {
    fc.assert(
      fc.property(embedJob, embedJob, (one, other) => {
        const same = one.job === other.job && one.attempts === other.attempts;
        expect(embedJobId(one) === embedJobId(other)).toBe(same);
        expect(embedJobId({ ...other, job: one.job, attempts: one.attempts })).toBe(embedJobId(one));
        expect(embedJobId({ ...one, attempts: one.attempts + 1 })).not.toBe(embedJobId(one));
      }),
    );
    const rest = { priority: 0, collectionId: 1, documents: [], characters: 0 };
    expect(embedJobId({ ...rest, job: 1, attempts: 11 })).not.toBe(embedJobId({ ...rest, job: 11, attempts: 1 }));
  });

  test("comes back from Redis as it went in", () => {
    fc.assert(
      fc.property(embedJob, (job) => {
        const stored: unknown = JSON.parse(JSON.stringify(toEmbedJobData(job)));
        expect(parseEmbedJobData(stored)).toEqual({ collectionId: job.collectionId, documents: job.documents });
      }),
    );
  });

  test("holds ids and revisions and nothing else of its documents", () => {
    const documents = [{ id: "a", revision: 3, text: "secret" }];
    const job = { job: 1, attempts: 0, priority: 0, collectionId: 7, documents, characters: 6 };
    expect(toEmbedJobData(job)).toEqual({ c: 7, d: [["a", 3]] });
  });

  test("carries the traces of its pushes where there are any, and is not lost when they cannot be read", () => {
    const documents = [{ id: "a", revision: 3 }];
    const job = { job: 1, attempts: 0, priority: 0, collectionId: 7, documents, characters: 6 };
    expect(toEmbedJobData({ ...job, trace: ["00-a-b-01"] })).toEqual({ c: 7, d: [["a", 3]], t: ["00-a-b-01"] });
    expect(toEmbedJobData({ ...job, trace: [] })).toEqual(toEmbedJobData(job));
    expect(parseEmbedJobData({ c: 7, d: [["a", 3]], t: ["x", 1, null] })).toEqual({
      collectionId: 7,
      documents,
      trace: ["x"],
    });
    expect(parseEmbedJobData({ c: 7, d: [["a", 3]], t: "x" })).toEqual({ collectionId: 7, documents });
  });
});

describe("data that is not a job", () => {
  const parsed = (data: unknown): unknown => {
    try {
      return parseEmbedJobData(data);
    } catch (error) {
      return error;
    }
  };

  test.each<[unknown]>([
    [undefined],
    [null],
    [7],
    ["{}"],
    [[]],
    [{}],
    [{ c: 1 }],
    [{ d: [] }],
    [{ c: "1", d: [] }],
    [{ c: null, d: [] }],
    [{ c: 1, d: {} }],
    [{ c: 1, d: ["a"] }],
    [{ c: 1, d: [null] }],
    [{ c: 1, d: [[]] }],
    [{ c: 1, d: [["a"]] }],
    [{ c: 1, d: [["a", "1"]] }],
    [{ c: 1, d: [[1, 1]] }],
    [{ c: 1, d: [{ id: "a", revision: 1 }] }],
    [{ c: 1, d: [["a", 1], ["b"]] }],
  ])("%j is refused as invalid", (data) => {
    expect(parsed(data)).toBeInstanceOf(PolysemeError);
    expect(parsed(data)).toMatchObject({ code: "invalid" });
  });

  test("never gives anything but documents with text ids and number revisions, or invalid", () => {
    const almostJob = fc.record({ c: fc.oneof(fc.nat(), fc.jsonValue()), d: fc.array(fc.jsonValue()) });
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), almostJob), (data) => {
        const result = parsed(data);
        if (result instanceof Error) expect(result).toMatchObject({ code: "invalid", name: "PolysemeError" });
        else
          for (const { id, revision } of (result as EmbedJob).documents)
            expect([typeof id, typeof revision]).toEqual(["string", "number"]);
      }),
    );
  });
});
