import { expect, test } from "vitest";
import { toFilter } from "./to-filter.ts";

test("each operator has its counterpart", () => {
  const one = (operator: Parameters<typeof toFilter>[0], expected: unknown): void => {
    expect(toFilter(operator)).toEqual(expected);
  };
  one({ filters: [{ key: "a", operator: "==", value: 1 }] }, { a: { $eq: 1 } });
  one({ filters: [{ key: "a", operator: "!=", value: "x" }] }, { a: { $ne: "x" } });
  one({ filters: [{ key: "a", operator: ">", value: 1 }] }, { a: { $gt: 1 } });
  one({ filters: [{ key: "a", operator: ">=", value: 1 }] }, { a: { $gte: 1 } });
  one({ filters: [{ key: "a", operator: "<", value: 1 }] }, { a: { $lt: 1 } });
  one({ filters: [{ key: "a", operator: "<=", value: 1 }] }, { a: { $lte: 1 } });
  one({ filters: [{ key: "a", operator: "in", value: [1, 2] }] }, { a: { $in: [1, 2] } });
  one({ filters: [{ key: "a", operator: "nin", value: ["x"] }] }, { a: { $nin: ["x"] } });
  one({ filters: [{ key: "a", operator: "any", value: ["x", "y"] }] }, { a: { $in: ["x", "y"] } });
  one({ filters: [{ key: "a", operator: "contains", value: "x" }] }, { a: { $eq: "x" } });
  one(
    { filters: [{ key: "a", operator: "all", value: ["x", "y"] }] },
    { $and: [{ a: { $eq: "x" } }, { a: { $eq: "y" } }] },
  );
  one({ filters: [{ key: "a", operator: "is_empty" }] }, { $or: [{ a: { $exists: false } }, { a: { $eq: null } }] });
});

test("several are joined as they say", () => {
  const filters = [
    { key: "a", operator: "==", value: 1 },
    { key: "b", operator: "<", value: 2 },
  ] as const;
  expect(toFilter({ filters: [...filters] })).toEqual({ $and: [{ a: { $eq: 1 } }, { b: { $lt: 2 } }] });
  expect(toFilter({ filters: [...filters], condition: "or" })).toEqual({ $or: [{ a: { $eq: 1 } }, { b: { $lt: 2 } }] });
  expect(toFilter({ filters: [] })).toBeUndefined();
  expect(toFilter(undefined)).toBeUndefined();
});

test("what has no counterpart is refused rather than left out", () => {
  expect(() => toFilter({ filters: [{ key: "a", operator: "text_match", value: "x" }] })).toThrow(/no text_match/);
});
