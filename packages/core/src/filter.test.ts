import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PolysemeError } from "./errors.ts";
import { FILTER_LIMITS, printFilter, type Filter } from "./filter.ts";
import { matchesFilter } from "./match-filter.ts";
import { parseFieldPath, parseFilter } from "./parse-filter.ts";
import { anyFilter, anyMetadata } from "../../../test/support/filters.ts";

const parse = (value: unknown): Filter => parseFilter(value, "filter");

function faultOf(value: unknown): { field: unknown; message: string } {
  try {
    parse(value);
  } catch (error) {
    if (!(error instanceof PolysemeError) || error.code !== "invalid") throw error;
    return { field: error.details?.["field"], message: error.message };
  }
  throw new Error("It was taken");
}

const compare = (name: string, op: string, value: unknown) => ({ kind: "compare", path: name.split("."), op, value });

describe("a filter", () => {
  test.each([
    ["a field and its value", { lang: "en" }, compare("lang", "eq", "en")],
    ["null, which only null is equal to", { lang: null }, compare("lang", "eq", null)],
    ["a field in a field", { "a.b.c": true }, compare("a.b.c", "eq", true)],
    ["several fields", { a: 1, b: 2 }, { kind: "and", of: [compare("a", "eq", 1), compare("b", "eq", 2)] }],
    ["a range", { n: { $gt: 1, $lte: 5 } }, { kind: "and", of: [compare("n", "gt", 1), compare("n", "lte", 5)] }],
    ["one of a list", { n: { $in: [1, "a", null] } }, { kind: "in", path: ["n"], values: [1, "a", null] }],
    ["none of a list", { n: { $nin: [] } }, { kind: "nin", path: ["n"], values: [] }],
    ["a field that must be there", { n: { $exists: true } }, { kind: "exists", path: ["n"], exists: true }],
    ["a field's opposite", { n: { $not: { $lt: 3 } } }, { kind: "not", of: compare("n", "lt", 3) }],
    ["a filter's opposite", { $not: { n: 3 } }, { kind: "not", of: compare("n", "eq", 3) }],
    ["one of several", { $or: [{ a: 1 }, {}] }, { kind: "or", of: [compare("a", "eq", 1), { kind: "and", of: [] }] }],
    ["everything", {}, { kind: "and", of: [] }],
    [
      "names with points, dollar signs and backslashes",
      { "\\$a\\.b\\\\.c": 1 },
      { ...compare("x", "eq", 1), path: ["$a.b\\", "c"] },
    ],
    ["a name that objects have by birth", JSON.parse('{"__proto__":1}'), compare("__proto__", "eq", 1)],
  ])("may be %s", (_what, value: unknown, filter) => {
    expect(parse(value)).toEqual(filter);
  });

  test.each<[what: string, value: unknown, field: string]>([
    ["a string", "lang = 'en'", "filter"],
    ["a list", [{ a: 1 }], "filter"],
    ["a date, which has no entries", new Date(), "filter"],
    ["an operator that nobody knows", { $nor: [] }, "filter.$nor"],
    ["an unknown operator of a field", { price: { $near: 1 } }, "filter.price.$near"],
    ["a field in a field without a point", { a: { b: 1 } }, "filter.a.b"],
    ["an empty object for a value", { a: {} }, "filter.a"],
    ["a list for a value", { a: [1] }, "filter.a"],
    ["a list in a list", { a: { $in: [1, [2]] } }, "filter.a.$in[1]"],
    ["a range of truth values", { $and: [{}, { price: { $gt: true } }] }, "filter.$and[1].price.$gt"],
    ["a range that ends at null", { price: { $lte: null } }, "filter.price.$lte"],
    ["infinity", { price: Infinity }, "filter.price"],
    ["no list for $or", { $or: { a: 1 } }, "filter.$or"],
    ["an empty list for $and", { $and: [] }, "filter.$and"],
    ["no list for $in", { a: { $in: "abc" } }, "filter.a.$in"],
    ["a number for $exists", { a: { $exists: 1 } }, "filter.a.$exists"],
    ["a value for $not", { a: { $not: 1 } }, "filter.a.$not"],
    ["an empty name", { "": 1 }, "filter."],
    ["a name with an empty part", { "a..b": 1 }, "filter.a..b"],
    ["a backslash before nothing to escape", { "a\\b": 1 }, "filter.a\\b"],
    ["a backslash at the end", { "a\\": 1 }, "filter.a\\"],
    ["a NUL in a value", { a: "\u0000" }, "filter.a"],
    ["half of a pair in a name", { "\ud800": 1 }, "filter.\ud800"],
    ["a string that is too long", { a: "x".repeat(FILTER_LIMITS.stringChars + 1) }, "filter.a"],
    ["21 levels of fields", { [Array(21).fill("a").join(".")]: 1 }, `filter.${Array(21).fill("a").join(".")}`],
    ["1,001 values", { a: { $in: Array(1_001).fill(1) } }, "filter.a.$in"],
    ["more than 64 KiB", { $and: Array(70).fill({ a: "x".repeat(1_000) }) }, "filter"],
  ])("is not %s, and the fault names its place", (_what, value, field) => {
    expect(faultOf(value).field).toBe(field);
  });

  test("has at most 100 conditions, and everything counts as one", () => {
    expect(parse({ $and: Array(100).fill({ a: 1 }) })).toMatchObject({ kind: "and" });
    expect(faultOf({ $and: Array(101).fill({ a: 1 }) }).field).toBe("filter.$and[100].a");
    expect(faultOf({ $or: Array(101).fill({}) }).field).toBe("filter.$or[100]");
  });

  test("is at most 8 levels deep, however it is nested", () => {
    const nested = (levels: number, wrap: (inner: unknown) => unknown, inner: unknown): unknown =>
      levels === 1 ? inner : wrap(nested(levels - 1, wrap, inner));
    const wraps: ((inner: unknown) => unknown)[] = [
      (f) => ({ $and: [f] }),
      (f) => ({ $not: f }),
      (f) => ({ $or: [f] }),
    ];
    for (const wrap of wraps) {
      expect(parse(nested(8, wrap, { a: 1 }))).toBeDefined();
      for (const levels of [9, 5_000]) expect(faultOf(nested(levels, wrap, { a: 1 })).message).toMatch(/8 levels/);
    }
    for (const levels of [9, 5_000])
      expect(faultOf({ a: nested(levels, ($not) => ({ $not }), { $gt: 1 }) }).message).toMatch(/8 levels/);
    expect(faultOf(nested(8, wraps[1] ?? String, { a: 1, b: 2 })).message).toMatch(/8 levels/);
  });
});

test("a field is named as in a filter", () => {
  expect(parseFieldPath("a.b\\.c", "index.metadata[0]")).toEqual(["a", "b.c"]);
  expect(() => parseFieldPath("a.", "index.metadata[0]")).toThrow(
    expect.objectContaining({ code: "invalid", details: { field: "index.metadata[0]" } }),
  );
});

describe("any value", () => {
  const strange = fc.oneof(
    fc.anything({ withDate: true, withMap: true, withNullPrototype: true, withBigInt: true, withSparseArray: true }),
    fc.jsonValue(),
    almostFilter(),
  );

  test("is a filter or refused as invalid with its place, and nothing else is thrown", () => {
    let taken = 0;
    fc.assert(
      fc.property(strange, (value) => {
        try {
          parse(value);
          taken += 1;
        } catch (error) {
          expect(error).toBeInstanceOf(PolysemeError);
          expect(error).toMatchObject({ code: "invalid" });
          expect((error as PolysemeError).details?.["field"]).toMatch(/^filter/);
        }
      }),
      { numRuns: 2_000 },
    );
    // Some 130 on average. None or few would say that the values are no filters at all.
    expect(taken).toBeGreaterThan(50);
  });

  test("that was taken is printed as JSON that gives the same filter", () => {
    fc.assert(
      fc.property(fc.oneof(anyFilter, almostFilter().map(parsedOrAll)), (filter) => {
        expect(parse(JSON.parse(JSON.stringify(printFilter(filter))))).toEqual(filter);
      }),
      { numRuns: 1_000 },
    );
  });
});

function parsedOrAll(value: unknown): Filter {
  try {
    return parse(value);
  } catch {
    return parse({});
  }
}

/** JSON made of the language's own words, right and wrong. */
function almostFilter(): fc.Arbitrary<unknown> {
  const key = fc.constantFrom(
    "a",
    "b.c",
    "$and",
    "$or",
    "$not",
    "$eq",
    "$gt",
    "$lte",
    "$in",
    "$nin",
    "$exists",
    "\\$x",
  );
  return fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null)),
      fc.dictionary(key, tie("value"), { maxKeys: 3 }),
      fc.array(tie("value"), { maxLength: 3 }),
    ),
  })).value;
}

describe("a document is kept", () => {
  const kept = (filter: unknown, metadata: Record<string, unknown>): boolean => matchesFilter(parse(filter), metadata);

  test("by what stands in its fields, of the same type alone", () => {
    const metadata = { n: 5, s: "5", t: true, z: null, o: { n: 5 } };
    for (const filter of [{ n: 5 }, { s: "5" }, { t: true }, { z: null }, { "o.n": 5 }, { n: { $gte: 5, $lt: 6 } }, {}])
      expect(kept(filter, metadata)).toBe(true);
    for (const filter of [{ n: "5" }, { s: 5 }, { t: 1 }, { z: 0 }, { m: null }, { s: { $gt: 4 } }, { t: { $gte: 0 } }])
      expect(kept(filter, metadata)).toBe(false);
  });

  test("by one element of a list, or one object in it, and no deeper", () => {
    const metadata = { tags: ["a", "b"], parts: [{ n: 1 }, { n: [7, 9] }], deep: [["a"], [{ n: 1 }]] };
    for (const filter of [{ tags: "b" }, { tags: { $gt: "a" } }, { "parts.n": 1 }, { "parts.n": { $gt: 8 } }])
      expect(kept(filter, metadata)).toBe(true);
    for (const filter of [{ tags: "c" }, { deep: "a" }, { "deep.n": 1 }, { "tags.0": "a" }, { parts: 1 }])
      expect(kept(filter, metadata)).toBe(false);
    expect(kept({ "parts.n": { $gt: 1, $lt: 7 } }, metadata)).toBe(true);
  });

  test("by what its fields are not, also where they are missing", () => {
    for (const filter of [
      { n: { $ne: 1 } },
      { n: { $nin: [1, 2] } },
      { n: { $not: { $gt: 1 } } },
      { n: { $exists: false } },
    ]) {
      expect(kept(filter, {})).toBe(true);
      expect(kept({ $not: filter }, {})).toBe(false);
    }
    expect(kept({ n: { $ne: 1 } }, { n: [1, 2] })).toBe(false);
    expect(kept({ n: { $exists: true } }, { n: null })).toBe(true);
  });

  test("by the order of code points, so that dates as text have theirs", () => {
    expect(kept({ day: { $gte: "2026-01-01", $lt: "2027" } }, { day: "2026-11-24" })).toBe(true);
    expect(kept({ s: { $lt: "\u{10000}" } }, { s: "\uffff" })).toBe(true);
    expect(kept({ s: { $gt: "Z" } }, { s: "a" })).toBe(true);
  });

  test("by a filter exactly when its opposite leaves it out", () => {
    fc.assert(
      fc.property(anyFilter, anyMetadata, (of, metadata) => {
        expect(matchesFilter({ kind: "not", of }, metadata)).toBe(!matchesFilter(of, metadata));
      }),
    );
  });
});
