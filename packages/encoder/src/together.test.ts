import { describe, expect, test } from "vitest";
import { makeTogether } from "./together.ts";

describe("calls of one turn", () => {
  const counting = () => {
    const runs: string[][] = [];
    const together = makeTogether(async (texts: readonly string[]) => {
      await Promise.resolve();
      runs.push([...texts]);
      if (texts.includes("bad")) throw new Error("bad text");
      return texts.map((text) => text.length);
    });
    return { runs, together };
  };

  test("are one run, and each caller gets its own results in order", async () => {
    const { runs, together } = counting();
    expect(await Promise.all([together(["a", "bb"]), together([]), together(["ccc"])])).toEqual([[1, 2], [], [3]]);
    expect(runs).toEqual([["a", "bb", "ccc"]]);
  });

  test("are more runs when they are many", async () => {
    const { runs, together } = counting();
    await Promise.all(Array.from({ length: 300 }, () => together(["text"])));
    expect(runs.map(({ length }) => length)).toEqual([128, 128, 44]);
  });

  test("do not fail for each other's texts", async () => {
    const { together } = counting();
    const [good, bad] = await Promise.allSettled([together(["fine"]), together(["bad"])]);
    expect(good).toEqual({ status: "fulfilled", value: [4] });
    expect(bad).toMatchObject({ status: "rejected", reason: { message: "bad text" } });
  });
});
