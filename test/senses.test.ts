import type { SensesAnswer } from "@polyseme/client";
import { unpackTokens, unpackUnits } from "@polyseme/core";
import {
  findWords,
  getCollection,
  openPostgres,
  readChunkTokens,
  readTokenRows,
  rowOf,
  type Collection,
  type PooledDatabase,
} from "@polyseme/store";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { expectStatus, type Answer, type HitAnswer } from "./support/http.ts";
import { startEmbeddedStack, startServerStack, type TestStack } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");

const FRUIT = [
  "She peeled the apple in one long curl and gave the skin to the goat.",
  "There was a worm in the apple, so he cut that half away.",
  "Children bobbed for an apple in a tub of cold water.",
  "He polished the red apple on his sleeve before taking a bite.",
  "A green apple is too sour for this cake; use a sweeter one.",
  "The horse took the apple gently from my flat hand.",
];
const COMPANY = [
  "Apple announced thinner laptops at its event in California.",
  "The engineers who left Apple founded a start-up for headphones.",
  "Regulators asked Apple to open its app store to rivals.",
  "Apple patched a flaw in its browser on Tuesday.",
  "The lawyers of Apple refused to unlock the suspect's phone.",
  "Apple’s new telephone has a better camera.",
];
const OTHERS = [
  "The pear was ripe and its juice ran down her chin.",
  "Microsoft released a patch for its operating system.",
  "A cat slept on the warm stones of the harbour wall.",
];

const DOCUMENTS = [
  ...FRUIT.map((text, i) => ({ id: `fruit-${i}`, text })),
  ...COMPANY.map((text, i) => ({ id: `company-${i}`, text })),
  ...OTHERS.map((text, i) => ({ id: `other-${i}`, text })),
  {
    id: "long",
    text: `It rained for a week.  My dog ate the last apple!  ${"Nothing else happened then. ".repeat(80)}Apple sells phones, apples it does not. 🍏`,
    title: "A long one",
    metadata: { kind: "diary" },
  },
];

interface SenseHit extends HitAnswer {
  readonly title: string | null;
  readonly sense: {
    readonly word: string;
    readonly start: number;
    readonly end: number;
    readonly similarity: number;
    readonly sentence: { readonly start: number; readonly end: number; readonly text: string };
  };
}
interface SenseAnswer {
  readonly hits: readonly SenseHit[];
  readonly sense: { readonly compared: number; readonly truncated: boolean };
  readonly timing: Record<string, number>;
}

const AS_FRUIT = { text: "He picked an apple from the tree and ate it.", word: "apple" };
const AS_COMPANY = { text: "I bought shares of Apple because it sells many phones.", word: "Apple" };

const stacks = [
  { name: "the embedded stack", start: () => startEmbeddedStack(), can: true },
  {
    name: "Redis and Postgres",
    start: () => startServerStack(databaseUrl ?? "", redisUrl ?? ""),
    can: databaseUrl !== null && redisUrl !== null,
  },
];

for (const { name, start, can } of stacks)
  describe.skipIf(!can)(`senses on ${name}`, () => {
    let stack: TestStack;
    beforeAll(async () => {
      stack = await start();
      await make("uses", { tokenVectors: "int8" }, DOCUMENTS);
    });
    afterAll(() => stack.stop());

    async function make(collection: string, settings: object, documents: readonly unknown[]): Promise<void> {
      expectStatus(await stack.http.call("PUT", `/v1/collections/${collection}`, settings), 201);
      const { stored } = await stack.http.settled((await stack.http.push(collection, documents)).ticket);
      expect(stored).toBe(documents.length);
    }
    const ask = (collection: string, body: object): Promise<Answer> =>
      stack.http.call("POST", `/v1/collections/${collection}/search`, body);
    const search = async (collection: string, body: object): Promise<SenseAnswer> =>
      expectStatus(await ask(collection, body), 200) as SenseAnswer;
    const senses = async (collection: string, query: string): Promise<SensesAnswer> =>
      expectStatus(await stack.http.call("GET", `/v1/collections/${collection}/senses?${query}`), 200) as SensesAnswer;
    const refusal = ({ status, body }: Answer): unknown => {
      const { code, details } = body["error"] as { code: string; details: { field: string } };
      return [status, code, details.field];
    };

    test("a word in a sentence finds its other uses in that sense first", async () => {
      for (const [sense, kind] of [
        [AS_FRUIT, "fruit"],
        [AS_COMPANY, "company"],
      ] as const) {
        const { hits, sense: summary, timing } = await search("uses", { sense, k: 6 });
        const first = hits.filter(({ id }) => id !== "long").slice(0, 5);
        expect(first.map(({ id }) => id.split("-")[0])).toEqual(new Array(5).fill(kind));
        expect(hits.map(({ score }) => score)).toEqual(hits.map(({ score }) => score).sort((a, b) => b - a));
        expect(summary).toEqual({ compared: 15, truncated: false });
        expect(Object.keys(timing).sort()).toEqual(["encodeMs", "searchMs", "totalMs"]);
      }
    });

    test("a hit has the place of the word and its sentence in the document's own offsets", async () => {
      const { hits } = await search("uses", { sense: AS_FRUIT, k: 100 });
      expect(new Set(hits.map(({ id }) => id)).size).toBe(hits.length);
      for (const { id, sense, chunk } of hits) {
        const { text } = DOCUMENTS.find((document) => document.id === id) ?? { text: "" };
        expect(text.slice(sense.start, sense.end)).toBe(sense.word);
        expect(sense.word).toMatch(/^apple(s|’s)?$/i);
        expect(text.slice(sense.sentence.start, sense.sentence.end)).toBe(sense.sentence.text);
        expect(sense.sentence.text).toContain(sense.word);
        expect(chunk.text).toBe(text.slice(chunk.start, chunk.end));
        expect(Math.abs(sense.similarity)).toBeLessThanOrEqual(1.0001);
      }
      const long = hits.find(({ id }) => id === "long");
      expect(long).toMatchObject({
        title: "A long one",
        metadata: { kind: "diary" },
        sense: { sentence: { text: "My dog ate the last apple!" } },
      });
    });

    test("by chunk, a document may be hit more than once, and k bounds the hits", async () => {
      const byChunk = await search("uses", { sense: AS_COMPANY, k: 100, group: "chunk" });
      expect(byChunk.hits.filter(({ id }) => id === "long")).toHaveLength(2);
      expect((await search("uses", { sense: AS_COMPANY, k: 3 })).hits).toHaveLength(3);
    });

    test("a span means the same as the word there, and a word is found by any of its forms", async () => {
      const { text } = AS_FRUIT;
      const at = text.indexOf("apple");
      const scores = async (sense: object): Promise<unknown> => (await search("uses", { sense })).hits;
      const byWord = await scores(AS_FRUIT);
      expect(await scores({ text, span: [at, at + 5] })).toEqual(byWord);
      expect(await scores({ text, word: "APPLES" })).toEqual(byWord);
    });

    test("by meaning, another word for the same kind of thing is found", async () => {
      const { hits } = await search("uses", { sense: { ...AS_FRUIT, candidates: "meaning" }, k: 16 });
      const pear = hits.find(({ id }) => id === "other-0");
      expect(pear?.sense.word).toBe("pear");
      const cat = hits.find(({ id }) => id === "other-2");
      expect(pear?.score).toBeGreaterThan(cat?.score ?? 1);
    });

    test("half precision and shared vectors find the same", async () => {
      for (const [collection, settings] of [
        ["halves", { tokenVectors: "half" }],
        ["pooled", { tokenVectors: "int8", tokenPooling: 2 }],
      ] as const) {
        await make(collection, settings, DOCUMENTS.slice(0, 12));
        const { hits } = await search(collection, { sense: AS_FRUIT, k: 6 });
        expect([collection, hits.map(({ id }) => id.split("-")[0])]).toEqual([collection, new Array(6).fill("fruit")]);
      }
    });

    test("what cannot be looked for is refused, naming the field", async () => {
      const { text } = AS_FRUIT;
      const cases: [object, unknown][] = [
        [{ sense: { text } }, [400, "invalid", "sense"]],
        [{ sense: { text, word: "apple", span: [0, 2] } }, [400, "invalid", "sense"]],
        [{ sense: { text, word: "pear" } }, [400, "invalid", "sense.word"]],
        [{ sense: { text, span: [3, 1_000] } }, [400, "invalid", "sense.span"]],
        [{ sense: AS_FRUIT, query: "apple" }, [400, "invalid", "query"]],
        [{ sense: { text: `${"word ".repeat(600)}apple`, word: "apple" } }, [400, "invalid", "sense.text"]],
        [{ sense: { text: "\u0000 apple", word: "apple" } }, [422, "unusable_text", "sense.text"]],
      ];
      for (const [body, expected] of cases) expect([body, refusal(await ask("uses", body))]).toEqual([body, expected]);
    });

    test("a collection without token vectors says how to get them", async () => {
      await make(
        "plain",
        {},
        OTHERS.map((text, i) => ({ id: `${i}`, text })),
      );
      const answers = [
        await ask("plain", { sense: AS_FRUIT }),
        await stack.http.call("GET", "/v1/collections/plain/senses?word=cat"),
      ];
      for (const answer of answers) {
        expect(answer.status).toBe(409);
        expect(answer.body).toMatchObject({
          error: { code: "conflict", message: expect.stringContaining("/v1/collections/plain/migrate") as string },
        });
      }
    });

    test("another language would miss the stored forms, so it is refused where there are any", async () => {
      const change = (collection: string): Promise<Answer> =>
        stack.http.call("PUT", `/v1/collections/${collection}`, { language: "de" });
      expect(refusal(await change("uses"))).toEqual([409, "conflict", "language"]);
      expect((await change("plain")).status).toBe(200);
    });

    test("a word's uses are grouped into its senses, each with sentences and neighbours", async () => {
      const answer = await senses("uses", "word=apple");
      expect(answer).toMatchObject({ word: "apple", form: "appl", uses: 15, truncated: false });
      expect(answer.senses).toHaveLength(2);
      const kinds = answer.senses.map(({ contexts }) => [...new Set(contexts.map(({ id }) => id.split("-")[0]))]);
      for (const found of kinds) expect(found.filter((kind) => kind !== "long")).toHaveLength(1);
      expect(answer.senses.reduce((sum, { size }) => sum + size, 0)).toBe(15);
      expect(answer.senses.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
      const { within, across, static: statics } = answer.similarity;
      expect(within).toBeGreaterThan((across ?? 1) + 0.1);
      expect(statics).toBeGreaterThan(within ?? 1);
      expect(answer.points).toHaveLength(15);
      for (const point of answer.points) {
        const { text } = DOCUMENTS.find(({ id }) => id === point.id) ?? { text: "" };
        expect(text.slice(point.start, point.end)).toBe(point.word);
        expect(text.slice(point.sentence.start, point.sentence.end)).toBe(point.sentence.text);
      }
      const words = answer.senses.flatMap(({ neighbours }) => neighbours.map(({ word }) => word.toLowerCase()));
      expect(words.length).toBeGreaterThan(4);
      for (const one of ["apple", "apples", "the", "a"]) expect(words).not.toContain(one);
      expect(await senses("uses", "word=Apples")).toMatchObject({ senses: answer.senses });
    });

    test("a word that is not there has no sense, a limit bounds the uses, and no word is refused", async () => {
      expect(await senses("uses", "word=zebra")).toMatchObject({
        uses: 0,
        senses: [],
        points: [],
        similarity: { within: null, across: null, static: null },
      });
      expect(await senses("uses", "word=apple&limit=4")).toMatchObject({ uses: 4, truncated: true });
      for (const query of ["", "word=", "word=%3A", "word=a&limit=0", "word=a&limit=5001", "word=%00"])
        expect((await stack.http.call("GET", `/v1/collections/uses/senses?${query}`)).status).toBeGreaterThanOrEqual(
          400,
        );
      expect((await stack.http.call("GET", "/v1/collections/nobody/senses?word=a")).status).toBe(404);
    });
  });

describe.skipIf(databaseUrl === null)("words in the store", () => {
  let stack: TestStack;
  let database: PooledDatabase;
  let collection: Collection;
  beforeAll(async () => {
    stack = await startServerStack(databaseUrl ?? "", undefined);
    database = openPostgres(stack.environment["DATABASE_URL"] ?? "", {
      maxConnections: 2,
      onIdleError: () => undefined,
    });
    expectStatus(await stack.http.call("PUT", "/v1/collections/words", { tokenVectors: "int8" }), 201);
    await stack.http.settled((await stack.http.push("words", DOCUMENTS)).ticket);
    collection = await getCollection(database, "words");
  });
  afterAll(async () => {
    await database.close();
    await stack.stop();
  });

  test("are found by all their forms, the first by id, and it is told when there are more", async () => {
    const ids = async (forms: string[], limit: number): Promise<unknown> => {
      const { chunks, truncated } = await findWords(database, collection, { forms, limit });
      return [chunks.map(({ documentId, ordinal }) => `${documentId} ${ordinal}`), truncated];
    };
    expect(await ids(["appl", "worm"], 10)).toEqual([["fruit-1 0"], false]);
    expect(await ids(["appl"], 2)).toEqual([["company-0 0", "company-1 0"], true]);
    expect(await ids(["zebra"], 2)).toEqual([[], false]);
  });

  test("have the units and rows that their whole value has", async () => {
    const { chunks } = await findWords(database, collection, { forms: ["appl"], limit: 100 });
    const whole = await readChunkTokens(database, collection, chunks);
    expect(whole.map(({ documentId }) => documentId)).toEqual(chunks.map(({ documentId }) => documentId));
    const wanted = chunks.map((chunk, i) => rowOf(chunk, i % chunk.rows));
    const rows = await readTokenRows(database, collection, wanted);
    for (const [i, chunk] of chunks.entries()) {
      const packed = unpackTokens(whole[i]?.tokens ?? new Uint8Array(), 0);
      expect(unpackUnits(chunk.units, 0, chunk)).toEqual(packed.units);
      expect(packed.norms).toHaveLength(chunk.rows);
      const from = (wanted[i]?.row ?? 0) * packed.dimensions;
      expect([...new Int8Array(rows[i] ?? [])]).toEqual([...packed.values.subarray(from, from + packed.dimensions)]);
    }
  });

  test("that were written again or deleted since they were found have no rows", async () => {
    const { chunks } = await findWords(database, collection, { forms: ["worm"], limit: 1 });
    const wanted = chunks.map((chunk) => rowOf(chunk, 0));
    const [row] = await readTokenRows(database, collection, wanted);
    expect(row).toHaveLength(384);
    const changed = [{ id: "fruit-1", text: "There was a longer text about a worm and an apple." }];
    await stack.http.settled((await stack.http.push("words", changed)).ticket);
    expect(await readTokenRows(database, collection, wanted)).toEqual([undefined]);
    const again = await findWords(database, collection, { forms: ["worm"], limit: 1 });
    await stack.http.call("DELETE", "/v1/collections/words/documents/fruit-1");
    expect(
      await readTokenRows(
        database,
        collection,
        again.chunks.map((chunk) => rowOf(chunk, 0)),
      ),
    ).toEqual([undefined]);
  });
});
