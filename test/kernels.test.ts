import { expect, test } from "vitest";
import { driftedFiles } from "../infra/generated-files.ts";
import { kernelFiles } from "../infra/kernels/kernel-files.ts";

test("the modules of the kernels are as their text is", async () => {
  expect(await driftedFiles(await kernelFiles())).toEqual([]);
});
