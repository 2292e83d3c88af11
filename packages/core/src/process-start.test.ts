import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { processStart } from "./process-start.ts";

test("a running process has a start that stays the same, and a number that nobody has has none", async () => {
  const start = await processStart(process.pid);
  expect(start).toMatch(/\S/);
  expect(await processStart(process.pid)).toBe(start);
  expect(await processStart(2 ** 22 + 1)).toBeUndefined();
});

test.skipIf(process.platform !== "linux")(
  "a process that ended counts as ended, though nobody fetched its exit code",
  async () => {
    // The shell becomes a program that never waits for its child, which so stays a zombie.
    const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 60"], { stdio: ["ignore", "pipe", "ignore"] });
    const [printed] = (await once(parent.stdout, "data")) as [Buffer];
    const zombie = Number(printed.toString());
    await expect.poll(() => processStart(zombie)).toBeUndefined();
    const exited = once(parent, "exit");
    parent.kill();
    await exited;
  },
);
