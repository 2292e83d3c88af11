import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";
import { runCliHere } from "./support/run-cli.ts";

const SENSES = fileURLToPath(new URL("fixtures/senses.jsonl", import.meta.url));

const PARIS = "Paris is the capital of France. It lies on the Seine and is known for the Eiffel Tower.";
const COFFEE = "Coffee is brewed from roasted beans. Espresso is made under pressure.";
const RUST =
  "Rust is a programming language. The borrow checker finds mistakes with memory when a program is compiled.";

interface Estimate {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

interface RetrievalJson {
  readonly questions: number;
  readonly withoutPlace: number;
  readonly settings: readonly {
    readonly collection: string;
    readonly measures: Readonly<Record<"ndcg" | "recall" | "mrr", Estimate>>;
    readonly difference?: Readonly<Record<"ndcg", Estimate>>;
    readonly latencyMs: { readonly p50: number; readonly p99: number };
  }[];
  readonly perQuestion: readonly { readonly id: string; readonly ndcg: readonly number[] }[];
}

describe("polyseme eval on a running server", () => {
  let stack: TestStack;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "polyseme-evaluating-"));
    stack = await startEmbeddedStack();
    const documents = [
      { id: "paris", text: PARIS },
      { id: "coffee", text: COFFEE },
      { id: "rust", text: RUST },
    ];
    // In "mixed" the ids say the wrong thing, so every label points at a document that does not answer.
    const mixed = [
      { id: "paris", text: COFFEE },
      { id: "coffee", text: RUST },
      { id: "rust", text: PARIS },
    ];
    for (const [name, all] of Object.entries({ right: documents, mixed })) {
      const { ticket } = await stack.http.push(name, all);
      await stack.http.settled(ticket);
    }
  });
  afterAll(async () => {
    await stack.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const cli = async (...argv: string[]): Promise<{ out: string; err: string }> => {
    const { code, ...written } = await runCliHere(["eval", ...argv, "--url", stack.http.url]);
    expect(code).toBe(0);
    return written;
  };

  const questionFile = async (): Promise<string> => {
    const path = join(folder, "questions.jsonl");
    const questions = [
      {
        id: "tower",
        query: "Where is the Eiffel Tower?",
        relevant: ["paris"],
        answer: { docId: "paris", quote: "Eiffel" },
      },
      { id: "drink", query: "How is espresso made?", relevant: { coffee: 2, rust: 0 } },
      { id: "memory", query: "Which language checks memory mistakes at compile time?", relevant: ["rust"] },
    ];
    await writeFile(path, questions.map((question) => JSON.stringify(question)).join("\n"));
    return path;
  };

  test("measures collections side by side and says how the second differs", async () => {
    const data = await questionFile();
    const { out } = await cli(data, "-c", "right", "--collection", "mixed", "--json");
    const report = JSON.parse(out) as RetrievalJson;
    const [right, mixed] = report.settings;
    expect(right).toMatchObject({
      collection: "right",
      measures: { ndcg: { mean: 1, low: 1, high: 1 }, recall: { mean: 1 }, mrr: { mean: 1 } },
    });
    expect(right?.difference).toBeUndefined();
    expect(right?.latencyMs.p50).toBeGreaterThan(0);
    expect(mixed?.measures.ndcg.mean).toBeLessThan(0.7);
    expect(mixed?.difference?.ndcg.mean).toBeCloseTo((mixed?.measures.ndcg.mean ?? 0) - 1, 9);
    expect(mixed?.difference?.ndcg.high).toBeLessThan(0);
    expect(report.perQuestion.map(({ id, ndcg }) => [id, ndcg[0]])).toEqual([
      ["tower", 1],
      ["drink", 1],
      ["memory", 1],
    ]);

    const table = (await cli(data, "-c", "right", "-c", "mixed")).out;
    expect(table).toMatch(/setting +nDCG@10 +recall@10 +MRR@10 +p50 ms +p99 ms/);
    expect(table).toMatch(/right +1\.000 \[1\.000, 1\.000\]/);
    expect(table).toMatch(/against right +nDCG@10/);
    expect(table).toMatch(/mixed +-0\.\d{3} \[-0\.\d{3}, -0\.\d{3}\]/);
  });

  test("judges chunks by where the answer stands", async () => {
    const report = JSON.parse(
      (await cli(await questionFile(), "-c", "right", "--group", "chunk", "--json")).out,
    ) as RetrievalJson;
    expect(report).toMatchObject({ questions: 1, withoutPlace: 2 });
    expect(report.settings[0]?.measures.ndcg.mean).toBe(1);
    await expect(cli(await questionFile(), "-c", "mixed", "--group", "chunk")).rejects.toThrow(
      'tower: the document "paris" of "mixed" does not hold the quote "Eiffel".',
    );
  });

  test("names the setting that the server refuses, and warns when no id fits", async () => {
    await expect(cli(await questionFile(), "-c", "nowhere")).rejects.toThrow(
      /^nowhere: .*polyseme ingest PATH -c nowhere/,
    );
    const path = join(folder, "other-ids.jsonl");
    await writeFile(path, JSON.stringify({ query: "Where is the Eiffel Tower?", relevant: ["doc-1"] }));
    const { err } = await cli(path, "-c", "right");
    expect(err).toContain("Are the document ids of the labels those of the collection?");
  });

  test("tells senses apart by contextual vectors where static ones cannot, and lists the mistakes", async () => {
    const { out } = await cli(SENSES, "--senses", "--json");
    const report = JSON.parse(out) as {
      readonly words: readonly { readonly word: string; readonly senses: number }[];
      readonly accuracy: Readonly<Record<"contextual" | "static", Readonly<Record<"use" | "centroid", Estimate>>>>;
      readonly mistakes: readonly { readonly rule: string; readonly uses: readonly unknown[] }[];
      readonly asked: number;
    };
    const { contextual, static: statics } = report.accuracy;
    expect(report.words.length).toBeGreaterThanOrEqual(6);
    expect(Math.max(contextual.use.mean, contextual.centroid.mean)).toBeGreaterThanOrEqual(0.89);
    expect(statics.use.mean).toBeLessThan(0.5);
    expect(statics.centroid.mean).toBeLessThan(0.5);
    expect(report.mistakes.flatMap(({ uses }) => uses).length).toBeGreaterThan(0);

    const table = (await cli(SENSES, "--senses")).out;
    expect(table).toMatch(/mean over words/);
    expect(table).toMatch(
      /mistakes? by centroid\n\w+: \w+, taken for \w+ \(\d+\)\n {2}.*\[\w+\].*\n {4}0\.\d{3} {2}.*\[\w+\]/,
    );
  });
});
