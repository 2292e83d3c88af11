import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readCsv } from "./read-csv.ts";
import { readNdjson } from "./read-ndjson.ts";
import { firstHeading } from "./read-text.ts";
import { kindOfFile } from "./file-kinds.ts";
import type { SourceItem } from "./source.ts";

async function collect(items: AsyncIterable<SourceItem>): Promise<SourceItem[]> {
  const all: SourceItem[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The bytes in parts that are cut anywhere, also inside of a character. */
async function* cutAt(bytes: Uint8Array, places: readonly number[]): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    yield bytes.subarray(from, cut);
    from = cut;
  }
}

const places = fc.array(fc.nat(), { maxLength: 12 });
const cell = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom('"', '""', ",", "\n", "a\r\nb", " x ", "\u2028", "👩‍👩‍👧", "שלום", "=1+1", "__proto__"),
);

describe("NDJSON", () => {
  test("gives every object as JSON.parse does, however its bytes are cut", async () => {
    const document = fc.dictionary(fc.oneof(fc.constantFrom("id", "text", "__proto__"), fc.string()), fc.jsonValue());
    const end = fc.constantFrom("\n", "\r\n", "\n\n", "\n \t\n");
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(document, end), { maxLength: 8 }),
        places,
        fc.boolean(),
        async (lines, cuts, mark) => {
          const texts = lines.map(([one, lineEnd]) => JSON.stringify(one) + lineEnd);
          const bytes = Buffer.from((mark ? "\uFEFF" : "") + texts.join(""));
          const items = await collect(readNdjson(cutAt(bytes, cuts), "f"));
          expect(items.map((item) => ("document" in item ? item.document : item))).toEqual(
            lines.map(([one]) => JSON.parse(JSON.stringify(one)) as unknown),
          );
        },
      ),
    );
  });

  test("of any bytes gives documents and problems, one at most a line, and never throws", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), places, async (bytes, cuts) => {
        const items = await collect(readNdjson(cutAt(bytes, cuts), "f"));
        expect(items.length).toBeLessThanOrEqual(bytes.filter((byte) => byte === 0x0a).length + 1);
        expect(await collect(readNdjson(cutAt(bytes, []), "f"))).toEqual(items);
      }),
    );
  });
});

describe("CSV", () => {
  const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

  test("gives every cell as it was written, however its bytes are cut", async () => {
    const row = fc.record({ id: cell, text: cell.filter((text) => text !== ""), title: cell, note: cell });
    await fc.assert(
      fc.asyncProperty(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        places,
        fc.constantFrom("\n", "\r\n"),
        async (rows, cuts, end) => {
          const lines = rows.map(({ id, text, title, note }) => [id, text, title, note].map(quoted).join(",") + end);
          const bytes = Buffer.from(`id,text,title,note${end}${lines.join("")}`);
          const items = await collect(readCsv(cutAt(bytes, cuts), "f"));
          expect(items.map((item) => ("document" in item ? item.document : item))).toEqual(
            rows.map(({ id, text, title, note }, index) => ({
              id: id === "" ? `f#${index + 1}` : id,
              text,
              ...(title === "" ? {} : { title }),
              metadata: note === "" ? {} : { note },
            })),
          );
        },
      ),
    );
  });

  test("of any bytes gives documents and problems and never throws", async () => {
    const piece = fc.constantFrom(
      "id,text\n",
      ",",
      '"',
      "\n",
      "\r",
      "x",
      "\u0000",
      "ü",
      "__proto__,text\n",
      "text,text\n",
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      fc.array(piece, { maxLength: 30 }).map((pieces) => new Uint8Array(Buffer.from(pieces.join("")))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, places, async (given, cuts) => {
        for (const item of await collect(readCsv(cutAt(given, cuts), "f")))
          if ("document" in item) expect(typeof item.document["text"]).toBe("string");
          else expect(item.problem.message).not.toBe("");
      }),
    );
  });
});

describe("a Markdown title", () => {
  test("is what stands behind the first #, whatever is before it", () => {
    const word = fc.stringMatching(/^[a-zé]{1,8}$/);
    fc.assert(
      fc.property(
        fc.array(word),
        fc.integer({ min: 1, max: 6 }),
        word,
        fc.array(word),
        (before, level, title, after) => {
          const text = [...before, `${"#".repeat(level)} ${title} ##`, ...after.map((one) => `# ${one}`)].join("\n");
          expect(firstHeading(text)).toBe(title);
        },
      ),
    );
  });

  test("is found, or not, in time that grows with the text and no faster", () => {
    const seconds = (length: number): number => {
      const text = `# x${" ".repeat(length)}#${"\t ".repeat(length)}y`;
      const started = performance.now();
      firstHeading(text);
      return performance.now() - started;
    };
    seconds(1_000);
    expect(seconds(100_000)).toBeLessThan(1_000);
  });
});

test("a file's kind is decided by its last ending alone, for any name", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.constantFrom("txt", "TXT", "jsonl", "csv", "pdf", "zip"),
      (stem, ending) => {
        const kinds = { txt: "text", jsonl: "ndjson", csv: "csv", pdf: "pdf", zip: undefined };
        const isHidden = stem === "" || /[/\\]$/.test(stem);
        const kind = isHidden ? undefined : kinds[ending.toLowerCase() as keyof typeof kinds];
        expect(kindOfFile(`${stem}.${ending}`)).toBe(kind);
      },
    ),
  );
});
