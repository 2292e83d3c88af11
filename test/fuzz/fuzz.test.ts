import { ErrorSchema } from "@polyseme/http";
import { Type } from "typebox";
import { describe, expect, inject, test } from "vitest";
import { openApp } from "../support/open-app.ts";
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
    const { sent, breaches, byStatus } = await fuzzStack(stack, 750);
    expect(breaches).toEqual([]);
    expect(sent).toBeGreaterThanOrEqual(750);
    // Valid requests are among them, or the others would show little.
    for (const status of ["200", "202", "400", "404"]) expect(byStatus[status] ?? 0).toBeGreaterThan(5);
  });

  test("on the embedded stack", async () => {
    const { breaches } = await fuzzStack(await startEmbeddedToFuzz(), 250);
    expect(breaches).toEqual([]);
  });
});

describe("a service with a fault is found out", () => {
  /** A service that answers as it should, but for what `answer` says. */
  async function breachesOf(
    answer: (text: unknown) => { status: number; body: unknown } | undefined,
    digest = () => "same",
  ): Promise<FuzzResult["breaches"]> {
    const app = openApp();
    void app.register((inner, _options, done) => {
      inner.decorate("accessOfRoutes", { needs: "read" } as const);
      inner.post(
        "/v1/texts",
        // Said, and neither checked nor kept.
        {
          schema: SCHEMA,
          validatorCompiler: () => () => true,
          serializerCompiler: () => (body) => JSON.stringify(body),
        },
        (request, reply) => {
          const text = (request.body as { text?: unknown } | null)?.text;
          const { status, body } = answer(text) ?? { status: 200, body: { length: 1 } };
          return reply.status(status as 200).send(body);
        },
      );
      done();
    });
    const url = await app.listen({ port: 0 });
    try {
      const ledger = { digest: () => Promise.resolve(digest()), close: () => Promise.resolve() };
      const target = { url, pid: process.pid };
      return (await fuzz({ targets: [target], ledger, requests: 750, seed: 1, log: () => undefined })).breaches;
    } finally {
      await app.close();
    }
  }

  const invalid = { code: "invalid", message: "No." };

  test("when it fails, with the seed and the smallest request as curl", async () => {
    const breaches = await breachesOf((text) =>
      typeof text === "number" ? { status: 500, body: { error: { code: "internal", message: "x" } } } : undefined,
    );
    const [breach] = breaches.filter(({ kind }) => kind === "POST /v1/texts: answered 500");
    expect(breach?.seed).toBeGreaterThanOrEqual(1);
    expect(breach?.curl).toMatch(/^curl .*'http:\/\/\S+\/v1\/texts'$/);
    expect(breach?.curl).toMatch(/--data-binary '\{"text":[^,}]+\}'/);
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

const SCHEMA = {
  body: Type.Object({ text: Type.String() }),
  response: { 200: Type.Object({ length: Type.Integer() }), "4xx": ErrorSchema, "5xx": ErrorSchema },
};
