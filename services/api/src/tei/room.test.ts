import { openApp } from "../../../../test/support/open-app.ts";
import { expect, test } from "vitest";
import { makeRoom } from "./room.ts";

test("requests beyond the bound are refused until one inside has its answer", async () => {
  const app = openApp();
  const answers: (() => void)[] = [];
  void app.register((inner, _options, done) => {
    inner.addHook("onRequest", makeRoom(2));
    inner.get("/slow", { config: { needs: "read", errors: "tei" } }, async () => {
      await new Promise<void>((resolve) => answers.push(resolve));
      return "done";
    });
    done();
  });
  const url = await app.listen({ port: 0 });
  try {
    const inside = [fetch(`${url}/slow`), fetch(`${url}/slow`)];
    await expect.poll(() => answers.length).toBe(2);
    const refused = await fetch(`${url}/slow`);
    expect([refused.status, await refused.json()]).toEqual([
      429,
      { error: "Model is overloaded", error_type: "Overloaded" },
    ]);
    answers[0]?.();
    expect((await Promise.race(inside)).status).toBe(200);
    const next = fetch(`${url}/slow`);
    await expect.poll(() => answers.length).toBe(3);
    for (const answer of answers) answer();
    expect((await next).status).toBe(200);
  } finally {
    await app.close();
  }
});
