import fastify from "fastify";
import { describe, expect, inject, test } from "vitest";
import { fuzz, type FuzzResult } from "./fuzz.ts";
import { startEmbeddedToFuzz, startServicesToFuzz, type FuzzStack } from "./stacks.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

/** Another one finds more: `npm run test:fuzz` takes the time for it. */
const SEED = 20_260_801;
const log = (line: string): void => void process.stderr.write(`${line}\n`);

async function fuzzStack(stack: FuzzStack, requests: number): Promise<FuzzResult> {
  try {
    return await fuzz({ ...stack, requests, seed: SEED, log });
  } finally {
    await stack.stop();
  }
}

describe("bad requests, made from /openapi.json, are refused and change nothing", () => {
  test.skipIf(databaseUrl === null || redisUrl === null)("on ingest, embedder and api as processes", async () => {
    const stack = await startServicesToFuzz(databaseUrl ?? "", redisUrl ?? "");
    const { sent, breaches, byStatus } = await fuzzStack(stack, 1_500);
    expect(breaches).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(1_500);
    // Valid requests are among them, or the others would show little.
    for (const status of ["200", "202", "400", "404"]) expect(byStatus[status] ?? 0).toBeGreaterThan(30);
  });

  test("on the embedded stack", async () => {
    const { breaches } = await fuzzStack(await startEmbeddedToFuzz(), 500);
    expect(breaches).toEqual([]);
  });
});

describe("a service with a fault is found out", () => {
  /** A service that answers as it should, but for what `answer` says. */
  async function breachesOf(
    answer: (text: unknown) => { status: number; body: unknown } | undefined,
    digest = () => "same",
  ): Promise<FuzzResult["breaches"]> {
    const app = fastify();
    app.get("/metrics", () => "");
    app.get("/openapi.json", () => OPENAPI);
    app.setErrorHandler((_error, _request, reply) =>
      reply.status(400).send({ error: { code: "invalid", message: "No." } }),
    );
    app.post("/v1/texts", (request, reply) => {
      const text = (request.body as { text?: unknown } | null)?.text;
      const { status, body } = answer(text) ?? { status: 200, body: { length: 1 } };
      return reply.status(status).send(body);
    });
    const url = await app.listen({ port: 0 });
    try {
      const ledger = { digest: () => Promise.resolve(digest()), close: () => Promise.resolve() };
      const target = { url, pid: process.pid };
      return (await fuzz({ targets: [target], ledger, requests: 400, seed: 1, log: () => undefined })).breaches;
    } finally {
      await app.close();
    }
  }

  const invalid = { code: "invalid", message: "No." };

  test("when it fails, with the seed and the smallest request as curl", async () => {
    const breaches = await breachesOf((text) =>
      typeof text === "string" && text.includes("\u0000")
        ? { status: 500, body: { error: { code: "internal", message: "x" } } }
        : undefined,
    );
    const [breach] = breaches.filter(({ kind }) => kind === "POST /v1/texts: answered 500");
    expect(breach?.seed).toBeGreaterThanOrEqual(1);
    expect(breach?.curl).toMatch(/^curl .*'http:\/\/\S+\/v1\/texts'$/);
    expect(breach?.curl).toContain(String.raw`\u0000`);
  });

  const faults: [string, unknown, string][] = [
    ["an error of another shape", { message: "No." }, 'is not {"error": {…}}'],
    ["an error with an unknown code", { error: { code: "teapot", message: "No." } }, "has the unknown code teapot"],
    [
      "an error whose code has another status",
      { error: { ...invalid, code: "conflict" } },
      "has the code conflict of status 409",
    ],
    ["an error without a message", { error: { ...invalid, message: "" } }, "has no message"],
  ];
  test.each(faults)("when it answers %s", async (_what, body, kind) => {
    const breaches = await breachesOf((text) => (text === undefined ? { status: 400, body } : undefined));
    expect(breaches.map((breach) => breach.kind)).toContain(`POST /v1/texts: 400 ${kind}`);
  });

  test("when its answer is not as it is declared", async () => {
    const breaches = await breachesOf(() => ({ status: 200, body: { length: "one" } }));
    expect(breaches.map(({ kind }) => kind)).toContain("POST /v1/texts: 200 does not match its schema");
  });

  test("when a refused request has changed something", async () => {
    let changes = 0;
    const breaches = await breachesOf(
      (text) => {
        if (typeof text === "string") return undefined;
        changes += 1;
        return { status: 400, body: { error: invalid } };
      },
      () => String(changes),
    );
    expect(breaches.map(({ kind }) => kind)).toContain("POST /v1/texts: 400 and the ledger changed");
  });
});

const OPENAPI = {
  paths: {
    "/v1/texts": {
      post: {
        requestBody: {
          content: {
            "application/json": {
              schema: { type: "object", properties: { text: { type: "string" } }, required: ["text"] },
            },
          },
        },
        responses: {
          "200": {
            content: {
              "application/json": {
                schema: { type: "object", properties: { length: { type: "integer" } }, required: ["length"] },
              },
            },
          },
          "4XX": { description: "" },
          "5XX": { description: "" },
        },
      },
    },
  },
};
