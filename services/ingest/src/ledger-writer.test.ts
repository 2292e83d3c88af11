import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { groupJobs } from "./ledger-writer.ts";

const queued = fc.record({
  id: fc.string(),
  revision: fc.nat(),
  job: fc.integer({ min: 1, max: 12 }),
  attempts: fc.integer({ min: 0, max: 12 }),
});

describe("documents that carry their job's number", () => {
  test("become one job a number, in order", () => {
    const documents = [
      { id: "a", revision: 1, job: 7, priority: 0, characters: 10 },
      { id: "b", revision: 4, job: 8, priority: 9, characters: 5 },
      { id: "c", revision: 2, job: 7, priority: 0, characters: 3 },
    ];
    expect(groupJobs(5, documents)).toEqual([
      {
        job: 7,
        attempts: 0,
        priority: 0,
        collectionId: 5,
        documents: [
          { id: "a", revision: 1 },
          { id: "c", revision: 2 },
        ],
        characters: 13,
      },
      { job: 8, attempts: 0, priority: 9, collectionId: 5, documents: [{ id: "b", revision: 4 }], characters: 5 },
    ]);
  });

  test("that ran a different number of times are different jobs, and 1 with 11 is not 11 with 1", () => {
    const runs = [
      [1, 11],
      [11, 1],
      [1, 1],
      [1, 11],
    ] as const;
    const documents = runs.map(([job, attempts], index) => ({
      id: `d${index}`,
      revision: 1,
      job,
      attempts,
      priority: 0,
      characters: 1,
    }));
    expect(groupJobs(1, documents).map(({ job, attempts, documents }) => [job, attempts, documents.length])).toEqual([
      [1, 11, 2],
      [11, 1, 1],
      [1, 1, 1],
    ]);
  });

  test("make no job when there are none", () => {
    expect(groupJobs(1, [])).toEqual([]);
  });

  test("are each in exactly one job, the one of their number and runs", () => {
    fc.assert(
      fc.property(fc.array(queued), (documents) => {
        const jobs = groupJobs(
          3,
          documents.map((document) => ({ ...document, priority: document.job % 10, characters: 1 })),
        );
        for (const { job, attempts, priority, collectionId, documents: inJob } of jobs) {
          expect([collectionId, priority]).toEqual([3, job % 10]);
          expect(inJob).toEqual(
            documents
              .filter((document) => document.job === job && document.attempts === attempts)
              .map(({ id, revision }) => ({ id, revision })),
          );
        }
        expect(jobs.flatMap((job) => job.documents)).toHaveLength(documents.length);
      }),
    );
  });
});
