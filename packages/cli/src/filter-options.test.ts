import { Command } from "commander";
import { expect, test } from "vitest";
import { filterOf, parseWhere, withFilterOptions, type FilterOptions } from "./filter-options.ts";

function given(...args: string[]): unknown {
  const command = withFilterOptions(new Command().exitOverride().configureOutput({ writeErr: () => undefined }));
  return filterOf(command.parse(args, { from: "user" }).opts<FilterOptions>());
}

test.each([
  ["lang=en", { lang: { $eq: "en" } }],
  ["a.b != null", { "a.b": { $ne: null } }],
  ["price<10.5", { price: { $lt: 10.5 } }],
  ["day>=2026-01-01", { day: { $gte: "2026-01-01" } }],
  ['zip="01234"', { zip: { $eq: "01234" } }],
  ["rule=a=b", { rule: { $eq: "a=b" } }],
  ["draft=false", { draft: { $eq: false } }],
  ["list=[1]", { list: { $eq: "[1]" } }],
  ["empty=", { empty: { $eq: "" } }],
])("--where %s asks for one field", (text, filter) => {
  expect(parseWhere(text)).toEqual(filter);
});

test("what is no condition is refused with what one looks like", () => {
  for (const text of ["lang", "=en", ""]) expect(() => parseWhere(text)).toThrow("lang=en");
  expect(() => given("--filter", "lang=en")).toThrow("must be JSON");
});

test("all that is given must hold", () => {
  expect(given()).toBeUndefined();
  expect(given("--filter", '{"a":1}')).toEqual({ a: 1 });
  expect(given("--where", "b=2", "--filter", '{"a":1}', "--where", "c>3")).toEqual({
    $and: [{ a: 1 }, { b: { $eq: 2 } }, { c: { $gt: 3 } }],
  });
});
