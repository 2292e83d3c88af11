import { expect, test } from "vitest";
import { filterOf, NEW_CONDITION, NO_FILTER, treeOf, valueOf } from "./filter-tree.ts";

const where = (field: string, operator: "$eq" | "$gt" | "$in" | "missing", value = "") => ({
  ...NEW_CONDITION,
  field,
  operator,
  value,
});

test("nothing, and a condition without a field, filter nothing", () => {
  expect(filterOf(NO_FILTER)).toBeUndefined();
  expect(filterOf({ ...NO_FILTER, parts: [NEW_CONDITION] })).toBeUndefined();
});

test("values are numbers, truths and null where they look like it, and text in quotes or otherwise", () => {
  expect(["5", "-1.5", "true", "null", "wool", '"5"', " a b ", "[1]"].map(valueOf)).toEqual([
    5,
    -1.5,
    true,
    null,
    "wool",
    "5",
    "a b",
    "[1]",
  ]);
});

test("conditions are joined, nested and turned round", () => {
  const any = {
    kind: "group",
    not: true,
    join: "$or",
    parts: [where("tag", "$in", 'wool, "a, b", 3'), where("note", "missing")],
  } as const;
  expect(filterOf({ ...NO_FILTER, parts: [where("lang", "$eq", "en"), any] })).toEqual({
    $and: [
      { lang: { $eq: "en" } },
      { $not: { $or: [{ tag: { $in: ["wool", "a, b", 3] } }, { note: { $exists: false } }] } },
    ],
  });
});

test("a filter of an address is built again and means the same", () => {
  const filters = [
    { lang: { $eq: "en" } },
    { $and: [{ price: { $gte: 5 } }, { price: { $lt: 10 } }, { $not: { day: { $eq: "2026" } } }] },
    { $or: [{ a: { $in: ["x, y", "true", 1, null] } }, { $and: [{ b: { $exists: true } }, { c: { $nin: [2] } }] }] },
    { $not: { $or: [{ a: { $ne: 1 } }, { b: { $lte: "z" } }] } },
  ];
  for (const filter of filters) expect(filterOf(treeOf(filter))).toEqual(filter);
  expect(filterOf(treeOf({ lang: "en", price: { $gt: 1, $not: { $gt: 5 } } }))).toEqual({
    $and: [{ lang: { $eq: "en" } }, { price: { $gt: 1 } }, { $not: { price: { $gt: 5 } } }],
  });
  expect(() => treeOf({ a: { $regex: "x" } })).toThrow("$regex");
});
