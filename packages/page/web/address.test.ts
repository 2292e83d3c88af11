import { expect, test } from "vitest";
import { formatAddress, parseAddress } from "./address.ts";

test("what is put into an address comes out of it", () => {
  const address = { tab: "search", values: { collection: "notes", query: "ebb & flow? #1 = 潮汐 + more" } };
  expect(parseAddress(formatAddress(address))).toEqual(address);
});

test("an address that says nothing names no tab, and empty values are left out", () => {
  expect(parseAddress("")).toEqual({ tab: "", values: {} });
  expect(parseAddress("#/push")).toEqual({ tab: "push", values: {} });
  expect(formatAddress({ tab: "lens", values: { first: "x", second: "" } })).toBe("#/lens?first=x");
});
