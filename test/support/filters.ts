import type { Filter, FilterValue } from "@polyseme/core";
import fc from "fast-check";

/** Few names and values, so that filters and metadata meet; among them those that are easily got wrong. */
const key = fc.constantFrom("a", "b", "0", "$.x", 'q"\\', "it's", "__proto__", "ü\n😀");
const path = fc.oneof(
  key.map((one) => [one]),
  fc.array(key, { minLength: 1, maxLength: 3 }),
);

const number = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.constantFrom(0.1, 0.30000000000000004, 1e21, -1e-7, 5e-324, 1.7976931348623157e308, Number.MAX_SAFE_INTEGER + 2),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
);
const text = fc.oneof(
  fc.constantFrom("", "a", "A", "b", "1", "true", "null", "\uffff", "😀", 'q"\\', "it's", "\n\t\u0001", "$a", "%_"),
  fc.string({ unit: "binary", maxLength: 4 }).map((value) => value.replaceAll("\u0000", "0")),
  // Longer than what an index holds of a text.
  fc.constantFrom("x".repeat(299), `${"x".repeat(299)}a`, `${"x".repeat(299)}b`, "😀".repeat(299)),
);
const scalar: fc.Arbitrary<FilterValue> = fc.oneof(number, text, fc.boolean(), fc.constant(null));

/** More than are compared one by one. */
const manyValues = fc
  .constantFrom<fc.Arbitrary<FilterValue>>(scalar, number, text, fc.oneof(number, text))
  .chain((one) => fc.array(one, { minLength: 17, maxLength: 24 }));

const condition: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ kind: fc.constant("compare" as const), path, op: fc.constantFrom("eq", "ne"), value: scalar }),
  fc.record({
    kind: fc.constant("compare" as const),
    path,
    op: fc.constantFrom("gt", "gte", "lt", "lte"),
    value: fc.oneof(number, text),
  }),
  fc.record({ kind: fc.constantFrom("in", "nin"), path, values: fc.array(scalar, { maxLength: 4 }) }),
  fc.record({ kind: fc.constantFrom("in", "nin"), path, values: manyValues }),
  fc.record({ kind: fc.constant("exists" as const), path, exists: fc.boolean() }),
);

/** Any filter that `parseFilter` may give. */
export const anyFilter: fc.Arbitrary<Filter> = fc.letrec<{ filter: Filter }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 5, depthSize: "small", withCrossShrink: true },
    condition,
    fc.record({ kind: fc.constant("and" as const), of: fc.array(tie("filter"), { maxLength: 3 }) }),
    fc.record({ kind: fc.constant("or" as const), of: fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ kind: fc.constant("not" as const), of: tie("filter") }),
  ),
})).filter;

/** Metadata in which such a filter finds something to compare. */
export const anyMetadata: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{
  value: unknown;
  record: Record<string, unknown>;
}>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small", withCrossShrink: true },
    { weight: 3, arbitrary: scalar },
    fc.array(tie("value"), { maxLength: 3 }),
    tie("record"),
  ),
  record: fc
    .array(fc.tuple(key, tie("value")), { maxLength: 4 })
    .map((entries) => Object.fromEntries(entries) as Record<string, unknown>),
})).record;
