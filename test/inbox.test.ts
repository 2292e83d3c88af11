import { Queue } from "bullmq";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { waitUntil } from "./support/http.ts";
import { startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

describe.skipIf(databaseUrl === null || redisUrl === null)("the inbox queue", () => {
  let stack: TestStack;
  let producer: Queue;
  beforeAll(async () => {
    stack = await startServerStack(databaseUrl ?? "", redisUrl ?? "");
    producer = new Queue("polyseme-inbox", {
      connection: { url: redisUrl ?? "" },
      prefix: stack.environment["POLYSEME_QUEUE_PREFIX"] ?? "",
    });
  });
  afterAll(async () => {
    await producer.close();
    await stack.stop();
  });

  const stored = async (collection: string): Promise<number> => {
    const { body } = await stack.http.call("GET", `/v1/collections/${collection}`);
    return (body["documents"] as { stored: number } | undefined)?.stored ?? 0;
  };

  test("100 documents from a plain BullMQ producer are found by search", async () => {
    await producer.addBulk(
      Array.from({ length: 99 }, (_, i) => ({
        name: "document",
        data: {
          collection: "inbox",
          id: `job-${i}`,
          text: `Report number ${i} on the weather in spring.`,
          metadata: { i },
        },
      })),
    );
    await producer.add("document", {
      collection: "inbox",
      id: "odd-one",
      text: "The violin needs new strings before the concert.",
    });
    await waitUntil("all 100 are stored", async () => (await stored("inbox")) === 100);
    const [best] = await stack.http.search("inbox", { query: "musical instruments" });
    expect(best?.id).toBe("odd-one");
  });

  test("a job with several documents loses only the bad one, and fails with its code for good", async () => {
    const job = await producer.add(
      "documents",
      {
        collection: "several",
        documents: [
          { id: "a", text: "Fine." },
          { id: "b", text: " " },
          { id: "c", text: "Also fine." },
        ],
      },
      { attempts: 5 },
    );
    await waitUntil("the job has failed", () => job.isFailed());
    const failed = await producer.getJob(job.id ?? "");
    expect(failed?.failedReason).toMatch(/^unusable_text: text/);
    expect(failed?.attemptsMade).toBe(1);
    await waitUntil("its neighbours are stored", async () => (await stored("several")) === 2);
  });

  test.each([
    ["document", { id: "a", text: "No collection." }, /^invalid: collection/],
    ["document", { collection: "Bad Name", id: "a", text: "A text." }, /^invalid: A collection's name/],
    ["documents", { collection: "jobs", documents: "none" }, /^invalid: documents/],
    ["letter", { collection: "jobs", id: "a", text: "A text." }, /^invalid: The job's name/],
    ["document", "a text", /^invalid: The job's data/],
  ])("a job named %s with data %j fails with a reason", async (name, data, reason) => {
    const job = await producer.add(name, data);
    await waitUntil("the job has failed", () => job.isFailed());
    expect((await producer.getJob(job.id ?? ""))?.failedReason).toMatch(reason);
  });
});
