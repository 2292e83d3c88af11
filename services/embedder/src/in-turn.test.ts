import fc from "fast-check";
import { expect, test } from "vitest";
import { makeInTurn } from "./in-turn.ts";

test("work begins in the order it came, never more at once than allowed, and what fails holds up nobody", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.integer({ min: 1, max: 4 }),
      fc.array(fc.boolean(), { maxLength: 20 }),
      async (s, most, fails) => {
        const inTurn = makeInTurn(most);
        const begun: number[] = [];
        let running = 0;
        const done = fails.map((fail, index) =>
          inTurn(async () => {
            begun.push(index);
            running += 1;
            expect(running).toBeLessThanOrEqual(most);
            await s.schedule(Promise.resolve());
            running -= 1;
            if (fail) throw new Error("refused");
            return index;
          }),
        );
        const settled = s.waitFor(Promise.allSettled(done));
        expect((await settled).map(({ status }) => status === "rejected")).toEqual(fails);
        expect(begun).toEqual(fails.map((_, index) => index));
      },
    ),
  );
});
