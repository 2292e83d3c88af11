import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { integerSumsOverflow } from "./integer-sums.ts";

const isLinuxOnX64 = process.platform === "linux" && process.arch === "x64";

test.skipIf(!isLinuxOnX64)("sums of integer products overflow on CPUs without VNNI, and on no others", async () => {
  const hasVnni = /^flags\s*:.*\b(?:avx512_vnni|avx_vnni)\b/m.test(readFileSync("/proc/cpuinfo", "utf8"));
  expect(await integerSumsOverflow()).toBe(!hasVnni);
});
