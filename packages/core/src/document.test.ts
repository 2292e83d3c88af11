import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkDocument, checkUsableText, DOCUMENT_LIMITS, isRecord, textFault, type Rejection } from "./document.ts";
import { isErrorCode, PolysemeError } from "./errors.ts";

const plain = { id: "a", text: "A text." };

function rejectionOf(value: unknown): Rejection {
  const checked = checkDocument(value);
  if ("document" in checked) throw new Error("It was accepted");
  return checked.rejection;
}

function acceptedFrom(value: unknown) {
  const checked = checkDocument(value);
  if ("rejection" in checked) throw new Error(`It was rejected: ${checked.rejection.message}`);
  return checked.document;
}

/** An object that holds objects, `levels` of them in all. */
function nested(levels: number): Record<string, unknown> {
  let inner: Record<string, unknown> = {};
  for (let level = 1; level < levels; level += 1) inner = { inner };
  return inner;
}

describe("an accepted document", () => {
  test("with id and text alone has no title, empty metadata and priority 0", () => {
    expect(acceptedFrom(plain)).toEqual({ id: "a", text: "A text.", title: null, metadataJson: "{}", priority: 0 });
  });

  test("keeps every field as it came", () => {
    const document = { ...plain, title: "T", metadata: { n: [1, null, { b: "ü😀" }] }, priority: 9 };
    expect(acceptedFrom(document)).toEqual({
      id: "a",
      text: "A text.",
      title: "T",
      metadataJson: '{"n":[1,null,{"b":"ü😀"}]}',
      priority: 9,
    });
  });

  test("may have null for title and metadata, and fields that nobody knows", () => {
    expect(acceptedFrom({ ...plain, title: null, metadata: null, colour: "red" })).toEqual(acceptedFrom(plain));
  });

  test("may reach every limit exactly", () => {
    const metadata = { a: "x".repeat(DOCUMENT_LIMITS.metadataBytes - '{"a":""}'.length) };
    const document = acceptedFrom({
      id: "i".repeat(512),
      text: "t".repeat(DOCUMENT_LIMITS.textChars),
      title: "t".repeat(2_000),
      metadata,
    });
    expect(Buffer.byteLength(document.metadataJson)).toBe(DOCUMENT_LIMITS.metadataBytes);
    expect(acceptedFrom({ ...plain, metadata: nested(20) }).metadataJson).toBe(JSON.stringify(nested(20)));
  });

  test("may speak of escapes: a backslash before u0000 or ud800 is text and not a NUL or a surrogate", () => {
    for (const harmless of ["\\u0000", "\\\\u0000", "\\ud800", "C:\\users\\u0000x", "u0000", "\u0001", "\ue000"]) {
      const metadata = { [harmless]: [harmless] };
      expect(JSON.parse(acceptedFrom({ ...plain, metadata }).metadataJson)).toEqual(metadata);
    }
  });

  test("may have pairs of surrogates everywhere", () => {
    const emoji = "👩‍👩‍👧";
    expect(acceptedFrom({ id: emoji, text: emoji, title: emoji, metadata: { [emoji]: emoji } })).toMatchObject({
      id: emoji,
      text: emoji,
      title: emoji,
      metadataJson: `{"${emoji}":"${emoji}"}`,
    });
  });

  test("keeps a metadata key named __proto__ as a key", () => {
    const value: unknown = JSON.parse('{"id":"a","text":"t","metadata":{"__proto__":{"x":1}}}');
    expect(acceptedFrom(value).metadataJson).toBe('{"__proto__":{"x":1}}');
  });
});

describe("a rejection names the code and the field", () => {
  const cases: readonly [what: string, value: unknown, code: string, field: string][] = [
    ["null", null, "invalid", "document"],
    ["undefined", undefined, "invalid", "document"],
    ["a string", "text", "invalid", "document"],
    ["a list", [plain], "invalid", "document"],
    ["no id", { text: "t" }, "invalid", "id"],
    ["a number as id", { ...plain, id: 7 }, "invalid", "id"],
    ["null as id", { ...plain, id: null }, "invalid", "id"],
    ["an empty id", { ...plain, id: "" }, "invalid", "id"],
    ["an id of 513 characters", { ...plain, id: "x".repeat(513) }, "invalid", "id"],
    ["an id of 10,000 characters", { ...plain, id: "x".repeat(10_000) }, "invalid", "id"],
    ["a NUL in the id", { ...plain, id: "a\u0000" }, "invalid", "id"],
    ["half a surrogate pair in the id", { ...plain, id: "a\ud83d" }, "invalid", "id"],
    ["no text", { id: "a" }, "invalid", "text"],
    ["a number as text", { id: "a", text: 7 }, "invalid", "text"],
    ["null as text", { id: "a", text: null }, "invalid", "text"],
    ["an empty text", { id: "a", text: "" }, "unusable_text", "text"],
    ["only white space as text", { id: "a", text: " \t\r\n\u00a0\u3000" }, "unusable_text", "text"],
    ["a NUL in the text", { id: "a", text: "a\u0000b" }, "unusable_text", "text"],
    ["the first half of a pair in the text", { id: "a", text: "a\ud83d b" }, "unusable_text", "text"],
    ["the second half of a pair in the text", { id: "a", text: "\ude00b" }, "unusable_text", "text"],
    ["a text that is too long", { id: "a", text: "t".repeat(DOCUMENT_LIMITS.textChars + 1) }, "too_large", "text"],
    ["a number as title", { ...plain, title: 1 }, "invalid", "title"],
    ["a title of 2,001 characters", { ...plain, title: "t".repeat(2_001) }, "too_large", "title"],
    ["a NUL in the title", { ...plain, title: "\u0000" }, "invalid", "title"],
    ["half a surrogate pair in the title", { ...plain, title: "\udfff" }, "invalid", "title"],
    ["metadata that is a string", { ...plain, metadata: "m" }, "invalid", "metadata"],
    ["metadata that is a list", { ...plain, metadata: [] }, "invalid", "metadata"],
    ["metadata 21 levels deep", { ...plain, metadata: nested(21) }, "invalid", "metadata"],
    ["metadata 40 levels deep", { ...plain, metadata: nested(40) }, "invalid", "metadata"],
    ["metadata 100,000 levels deep", { ...plain, metadata: nested(100_000) }, "invalid", "metadata"],
    [
      "metadata with deep lists",
      { ...plain, metadata: { a: JSON.parse("[".repeat(20) + "]".repeat(20)) as unknown } },
      "invalid",
      "metadata",
    ],
    ["metadata above 64 KiB", { ...plain, metadata: { a: "x".repeat(65_536) } }, "too_large", "metadata"],
    ["metadata above 64 KiB only as UTF-8", { ...plain, metadata: { a: "ü".repeat(40_000) } }, "too_large", "metadata"],
    ["a NUL in a metadata value", { ...plain, metadata: { a: ["\u0000"] } }, "invalid", "metadata"],
    ["a NUL in a metadata key", { ...plain, metadata: { "a\u0000": 1 } }, "invalid", "metadata"],
    ["a NUL after a backslash in metadata", { ...plain, metadata: { a: "\\\u0000" } }, "invalid", "metadata"],
    ["the first half of a pair in metadata", { ...plain, metadata: { a: "\ud800" } }, "invalid", "metadata"],
    ["the second half of a pair in metadata", { ...plain, metadata: { a: "\udc00" } }, "invalid", "metadata"],
    ["half a pair after a backslash in metadata", { ...plain, metadata: { a: "\\\\\udbff" } }, "invalid", "metadata"],
    ["a priority of 10", { ...plain, priority: 10 }, "invalid", "priority"],
    ["a negative priority", { ...plain, priority: -1 }, "invalid", "priority"],
    ["a broken priority", { ...plain, priority: 1.5 }, "invalid", "priority"],
    ["a priority in words", { ...plain, priority: "1" }, "invalid", "priority"],
    ["a priority that is no number", { ...plain, priority: Number.NaN }, "invalid", "priority"],
  ];

  test.each(cases)("%s", (_what, value, code, field) => {
    expect(rejectionOf(value)).toMatchObject({ code, field });
  });

  test("and the id once the id is known to be good", () => {
    for (const bad of [{ text: "" }, { title: 1 }, { metadata: 1 }, { priority: -1 }])
      expect(rejectionOf({ ...plain, ...bad }).id).toBe("a");
    expect(rejectionOf({ text: "t" })).not.toHaveProperty("id");
    expect(rejectionOf({ ...plain, id: "a\u0000" })).not.toHaveProperty("id");
  });

  test("and the beginning of an id that is too long, without half of a pair at its end", () => {
    const { id, message } = rejectionOf({ ...plain, id: "x".repeat(63) + "😀".repeat(1_000) });
    expect(id?.isWellFormed()).toBe(true);
    expect(id).toMatch(/^x{63}.…$/u);
    expect(message).toContain("2063");
  });

  test("and the first fault when there are several", () => {
    expect(rejectionOf({ id: 1, text: 1 }).field).toBe("id");
    expect(rejectionOf({ id: "a", text: "", title: 1, metadata: 1, priority: -1 }).field).toBe("text");
  });
});

/** Any UTF-16 unit, so NUL and lone surrogates too. */
const anyText = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) });
const anyJson = fc.jsonValue({ maxDepth: 6 });
const strangeText = fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), anyText);
const almostDocument = fc.record(
  {
    id: fc.oneof({ weight: 4, arbitrary: strangeText }, anyJson),
    text: fc.oneof({ weight: 4, arbitrary: strangeText }, anyJson),
    title: fc.oneof(fc.string(), anyText, anyJson),
    metadata: fc.oneof(fc.dictionary(strangeText, fc.oneof(anyText, anyJson)), anyJson),
    priority: fc.oneof(fc.integer({ min: -1, max: 11 }), anyJson),
  },
  { requiredKeys: [] },
);

describe("any JSON value", () => {
  const fields = new Set(["document", "id", "text", "title", "metadata", "priority"]);

  test("gives a document as it came or a rejection with a known code and field, and never throws", () => {
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(anyJson, { weight: 6, arbitrary: almostDocument }), (value) => {
        const checked = checkDocument(value);
        if ("rejection" in checked) {
          expect(isErrorCode(checked.rejection.code)).toBe(true);
          expect(fields).toContain(checked.rejection.field);
          expect(checked.rejection.message).not.toBe("");
          return;
        }
        accepted += 1;
        const given = value as { id: string; text: string; title?: unknown; metadata?: unknown; priority?: unknown };
        const { id, text, title, metadataJson, priority } = checked.document;
        expect({ id, text, title }).toEqual({ id: given.id, text: given.text, title: given.title ?? null });
        expect(metadataJson).toBe(JSON.stringify(given.metadata ?? {}));
        expect(priority).toBe(given.priority ?? 0);
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  test("that is accepted has only strings that a database can store", () => {
    const everyString = (value: unknown): string[] => {
      if (typeof value === "string") return [value];
      if (typeof value !== "object" || value === null) return [];
      return Object.entries(value).flatMap(([key, inner]) => [key, ...everyString(inner)]);
    };
    fc.assert(
      fc.property(almostDocument, (value) => {
        const checked = checkDocument(value);
        if ("rejection" in checked) return;
        const { id, text, title, metadataJson } = checked.document;
        for (const string of [id, text, title ?? "", ...everyString(JSON.parse(metadataJson))]) {
          expect(string.isWellFormed()).toBe(true);
          expect(string).not.toContain("\u0000");
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

test("metadata is refused for its strings exactly when one of them cannot be stored", () => {
  fc.assert(
    fc.property(fc.dictionary(anyText, anyText, { maxKeys: 3 }), (metadata) => {
      const storable = Object.entries(metadata)
        .flat()
        .every((string) => string.isWellFormed() && !string.includes("\u0000"));
      expect("document" in checkDocument({ ...plain, metadata })).toBe(storable);
    }),
    { numRuns: 2_000 },
  );
});

test("metadata is refused exactly when a number in it is infinite, and null is none", () => {
  const number = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(Infinity, -Infinity, 1.7e308));
  const inner = fc.oneof(number, fc.constant(null), fc.array(fc.oneof(number, fc.constant(null)), { maxLength: 3 }));
  fc.assert(
    fc.property(fc.dictionary(fc.string(), inner, { maxKeys: 4 }), (metadata) => {
      const isFinite = Object.values(metadata)
        .flat()
        .every((value) => value === null || Number.isFinite(value));
      const checked = checkDocument({ id: "d", text: "Text.", metadata });
      expect("document" in checked).toBe(isFinite);
      if ("rejection" in checked) expect(checked.rejection).toMatchObject({ code: "invalid", field: "metadata" });
    }),
  );
});

describe("a text by itself", () => {
  test("has no fault when it can be encoded", () => {
    expect(textFault("a 😀")).toBeUndefined();
    expect(checkUsableText("a 😀", "query")).toBe("a 😀");
  });

  test("is refused with the name of the field it came in", () => {
    const refused = (text: string): unknown => {
      try {
        return checkUsableText(text, "query");
      } catch (error) {
        return error;
      }
    };
    const blank = refused("  ");
    expect(blank).toBeInstanceOf(PolysemeError);
    expect(blank).toMatchObject({ code: "unusable_text", details: { field: "query" } });
    expect((blank as PolysemeError).message).toMatch(/^query is empty/);
    expect(refused("x".repeat(DOCUMENT_LIMITS.textChars + 1))).toMatchObject({ code: "too_large" });
  });
});

test("a record is an object that is neither null nor a list", () => {
  expect([{}, Object.create(null)].map(isRecord)).toEqual([true, true]);
  expect([null, [], "a", 1, undefined].map(isRecord)).toEqual([false, false, false, false, false]);
});
