import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ndjsonLines, type NdjsonLine } from "./ndjson-lines.ts";

async function* stream(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

async function linesOf(chunks: readonly Uint8Array[], maxLineBytes = 1_000): Promise<NdjsonLine[]> {
  const lines: NdjsonLine[] = [];
  for await (const line of ndjsonLines(stream(chunks), maxLineBytes)) lines.push(line);
  return lines;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length));
}

const line = (text: string): NdjsonLine => ({ kind: "line", text });
const bytesOf = (text: string): Buffer => Buffer.from(text);
const oneByOne = (text: string): Buffer[] => [...bytesOf(text)].map((byte) => Buffer.of(byte));

const lineText = fc
  .oneof(
    fc.string({ maxLength: 20 }),
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom("", " ", "\t ", "ü😀"),
  )
  .map((text) => text.replaceAll(/[\r\n]/g, ""));
const lines = fc.array(fc.record({ text: lineText, end: fc.constantFrom("\n", "\r\n") }), { maxLength: 20 });

describe("any lines, cut anywhere", () => {
  test("come out as they are, without the blank ones", async () => {
    await fc.assert(
      fc.asyncProperty(lines, fc.array(fc.nat(), { maxLength: 20 }), fc.boolean(), async (given, places, lastEnds) => {
        const whole = given.map(({ text, end }, index) => (index < given.length - 1 || lastEnds ? text + end : text));
        expect(await linesOf(cut(bytesOf(whole.join("")), places))).toEqual(
          given.filter(({ text }) => text.trim() !== "").map(({ text }) => line(text)),
        );
      }),
      { numRuns: 500 },
    );
  });

  test("come out in place even when some are too long, which are reported with their bytes", async () => {
    await fc.assert(
      fc.asyncProperty(
        lines,
        fc.array(fc.nat(), { maxLength: 20 }),
        fc.nat(30),
        async (given, places, maxLineBytes) => {
          const expected = given.flatMap(({ text, end }): NdjsonLine[] => {
            const bytes = Buffer.byteLength(text + end) - 1;
            if (bytes > maxLineBytes) return [{ kind: "too_long", bytes }];
            return text.trim() === "" ? [] : [line(text)];
          });
          const whole = given.map(({ text, end }) => text + end).join("");
          expect(await linesOf(cut(bytesOf(whole), places), maxLineBytes)).toEqual(expected);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("a stream", () => {
  test("of nothing has no lines", async () => {
    expect(await linesOf([])).toEqual([]);
    expect(await linesOf([Buffer.alloc(0), Buffer.alloc(0)])).toEqual([]);
    expect(await linesOf([bytesOf("\n\r\n \n\n")])).toEqual([]);
  });

  test("needs no newline at its end", async () => {
    expect(await linesOf([bytesOf("a\nb")])).toEqual([line("a"), line("b")]);
  });

  test("may end its lines as Windows does, also with the pair cut in two", async () => {
    expect(await linesOf([bytesOf("a\r"), bytesOf("\nb\r\n")])).toEqual([line("a"), line("b")]);
  });

  test("keeps a carriage return inside of a line, and white space around it", async () => {
    expect(await linesOf([bytesOf(" a\rb \n")])).toEqual([line(" a\rb ")]);
  });

  test("may cut a character between its bytes", async () => {
    expect(await linesOf(oneByOne('{"ü":"語😀"}\n"é"'))).toEqual([line('{"ü":"語😀"}'), line('"é"')]);
  });

  test("may give parts of a larger memory", async () => {
    const memory = bytesOf("xxa\nbyy");
    expect(await linesOf([memory.subarray(2, 5)])).toEqual([line("a"), line("b")]);
  });
});

describe("a line", () => {
  test("may have exactly as many bytes as are allowed", async () => {
    expect(await linesOf([bytesOf("12345\n123456\nü234\n")], 5)).toEqual([
      line("12345"),
      { kind: "too_long", bytes: 6 },
      line("ü234"),
    ]);
  });

  test("that is too long at the end of the stream is reported too", async () => {
    expect(await linesOf(oneByOne("a\n1234567"), 5)).toEqual([line("a"), { kind: "too_long", bytes: 7 }]);
  });

  test("is given before the next chunk is asked for", async () => {
    let asked = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        asked += 1;
        yield await Promise.resolve(bytesOf("a\nb\n"));
      }
    }
    const reader = ndjsonLines(endless(), 10);
    expect((await reader.next()).value).toEqual(line("a"));
    expect((await reader.next()).value).toEqual(line("b"));
    expect(asked).toBe(1);
    await reader.next();
    expect(asked).toBe(2);
    await reader.return(undefined);
  });
});

test("a stream that breaks gives the lines before and then its error", async () => {
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(bytesOf("a\nhalf"));
    throw new Error("connection reset");
  }
  const reader = ndjsonLines(broken(), 10);
  expect((await reader.next()).value).toEqual(line("a"));
  await expect(reader.next()).rejects.toThrow("connection reset");
});

test("a line that is no UTF-8 is reported, and a byte order mark before the first line is left out", async () => {
  const latin1 = Buffer.from("caf\u00e9\n", "latin1");
  expect(await linesOf([bytesOf("\ufeffa\n"), latin1, bytesOf("b")])).toEqual([
    line("a"),
    { kind: "not_utf8" },
    line("b"),
  ]);
});
