import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { openEmbedded } from "./open-embedded.ts";

const STATEMENTS = 2_000;
const MOST_BYTES_EACH = 200;

test("the embedded Postgres keeps nothing of statements that have ended", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const heapUsed = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const dir = await mkdtemp(join(tmpdir(), "polyseme-embedded-"));
  const backends = await openEmbedded(dir, { pid: process.pid, onError: () => undefined });
  try {
    const ask = async (): Promise<void> => {
      for (let n = 0; n < STATEMENTS; n += 1)
        await backends.database.query("select $1::int as n, 'a' as a, now() as b", [n]);
    };
    await ask();
    const before = heapUsed();
    await ask();
    expect((heapUsed() - before) / STATEMENTS).toBeLessThan(MOST_BYTES_EACH);
  } finally {
    await backends.close();
    await rm(dir, { recursive: true, force: true });
  }
});
