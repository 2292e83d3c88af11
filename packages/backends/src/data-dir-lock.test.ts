import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockDataDir, readDataDirHolder } from "./data-dir-lock.ts";

let folder: string;
let children: ChildProcess[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "polyseme-lock-"));
  children = [];
});
afterEach(async () => {
  await Promise.all(children.map(endOf));
  await rm(folder, { recursive: true });
});

/** A process that does nothing until its input ends. */
async function otherProcess(): Promise<{ child: ChildProcess; pid: number }> {
  const child = spawn(process.execPath, ["-e", "process.stdin.resume()"], { stdio: ["pipe", "ignore", "ignore"] });
  children.push(child);
  await once(child, "spawn");
  if (child.pid === undefined) throw new Error("It has no pid");
  return { child, pid: child.pid };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.stdin?.end();
  await exited;
}

const lockFile = (): string => join(folder, "lock-1.json");
const putHolder = (holder: unknown): Promise<void> => writeFile(lockFile(), JSON.stringify(holder));

describe("a free folder", () => {
  test("is taken, and made first when it is not there", async () => {
    const deep = join(folder, "a", "b");
    await lockDataDir(deep, process.pid);
    expect(await readDataDirHolder(deep)).toMatchObject({ pid: process.pid, host: hostname() });
    expect(await readdir(deep)).toEqual(["lock-1.json"]);
  });

  test("has no holder, nor has one that does not exist", async () => {
    expect(await readDataDirHolder(folder)).toBeUndefined();
    expect(await readDataDirHolder(join(folder, "nowhere"))).toBeUndefined();
  });

  test("is taken by exactly one of two processes that want it at the same moment", async () => {
    const { pid } = await otherProcess();
    for (let round = 0; round < 25; round += 1) {
      const target = join(folder, `round-${round}`);
      const taken = await Promise.allSettled([lockDataDir(target, process.pid), lockDataDir(target, pid)]);
      expect(taken.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      expect(taken.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "conflict" } });
      const winner = taken[0].status === "fulfilled" ? process.pid : pid;
      expect(await readDataDirHolder(target)).toMatchObject({ pid: winner });
    }
  });
});

describe("a folder that a living process has", () => {
  test("is refused to the same process and the refusal names it", async () => {
    await lockDataDir(folder, process.pid);
    await expect(lockDataDir(folder, process.pid)).rejects.toMatchObject({
      name: "PolysemeError",
      code: "conflict",
      details: { field: "POLYSEME_DATA_DIR", pid: process.pid },
      message: expect.stringContaining(`process ${process.pid}`) as string,
    });
    expect(await readdir(folder)).toEqual(["lock-1.json"]);
  });

  test("is refused to another process, which is told where the server is", async () => {
    const { pid } = await otherProcess();
    const lock = await lockDataDir(folder, pid);
    await lock.publishUrl("http://127.0.0.1:8080");
    await expect(lockDataDir(folder, process.pid)).rejects.toMatchObject({
      details: { pid },
      message: expect.stringMatching(/process \d+\. .*http:\/\/127\.0\.0\.1:8080/) as string,
    });
  });

  test("is refused by whatever path it is named", async () => {
    await lockDataDir(folder, process.pid);
    await expect(lockDataDir(join(folder, "x", ".."), process.pid)).rejects.toMatchObject({ code: "conflict" });
  });

  test("tells its URL once it is published, and who has it all the same", async () => {
    const lock = await lockDataDir(folder, process.pid);
    expect(await readDataDirHolder(folder)).not.toHaveProperty("url");
    const before = await readDataDirHolder(folder);
    await lock.publishUrl("http://127.0.0.1:1234");
    expect(await readDataDirHolder(folder)).toEqual({ ...before, url: "http://127.0.0.1:1234" });
  });

  test("is free again after its release", async () => {
    const lock = await lockDataDir(folder, process.pid);
    await lock.release();
    expect(await readDataDirHolder(folder)).toBeUndefined();
    const again = await lockDataDir(folder, process.pid);
    expect(await readdir(folder)).toEqual(["lock-2.json"]);
    await again.release();
    await again.release();
    expect(await readDataDirHolder(folder)).toBeUndefined();
  });

  test("stays with its second holder when the first releases again or publishes late", async () => {
    const first = await lockDataDir(folder, process.pid);
    await first.release();
    const { pid } = await otherProcess();
    await lockDataDir(folder, pid);
    await first.release();
    await first.publishUrl("http://127.0.0.1:1");
    expect(await readDataDirHolder(folder)).toMatchObject({ pid });
  });

  test("is seen as held at every moment while the URL is published", async () => {
    const lock = await lockDataDir(folder, process.pid);
    let published = false;
    const publishing = (async () => {
      for (let i = 0; i < 300; i += 1) await lock.publishUrl(`http://127.0.0.1:${i}`);
      published = true;
    })();
    while (!published) expect(await readDataDirHolder(folder)).toMatchObject({ pid: process.pid });
    await publishing;
  });
});

describe("a folder whose holder is gone", () => {
  test("is taken over when the process has ended", async () => {
    const { child, pid } = await otherProcess();
    await lockDataDir(folder, pid);
    expect(await readDataDirHolder(folder)).toMatchObject({ pid });
    await endOf(child);
    expect(await readDataDirHolder(folder)).toBeUndefined();
    await lockDataDir(folder, process.pid);
    expect(await readDataDirHolder(folder)).toMatchObject({ pid: process.pid });
  });

  test("is taken over when its pid was given to another process since", async () => {
    await putHolder({ pid: process.pid, host: hostname(), startedAt: "1" });
    expect(await readDataDirHolder(folder)).toBeUndefined();
    await lockDataDir(folder, process.pid);
    expect(await readDataDirHolder(folder)).toMatchObject({ pid: process.pid });
  });

  test.each(["", "{", "null", "[]", '{"pid":"1","host":"h"}', '{"pid":1}'])(
    "is taken over when its lock file says nothing: %s",
    async (content) => {
      await writeFile(lockFile(), content);
      expect(await readDataDirHolder(folder)).toBeUndefined();
      await lockDataDir(folder, process.pid);
      expect(await readDataDirHolder(folder)).toMatchObject({ pid: process.pid });
    },
  );

  test("is taken over by exactly one of four that find it at about the same moment", async () => {
    const pids = [process.pid];
    while (pids.length < 4) pids.push((await otherProcess()).pid);
    for (let round = 0; round < 100; round += 1) {
      const target = join(folder, `round-${round}`);
      await mkdir(target);
      await writeFile(join(target, "lock-1.json"), JSON.stringify({ pid: 999_999, host: hostname(), startedAt: "1" }));
      const taken = await Promise.allSettled(
        pids.map(async (pid, index) => {
          for (let turn = 0; turn < (round * index) % 7; turn += 1) await setImmediate();
          return lockDataDir(target, pid);
        }),
      );
      expect(taken.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    }
  });

  test("is not taken over from another machine, whose processes cannot be seen", async () => {
    await putHolder({ pid: 1, host: "elsewhere", startedAt: "1" });
    expect(await readDataDirHolder(folder)).toMatchObject({ pid: 1, host: "elsewhere" });
    await expect(lockDataDir(folder, process.pid)).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringMatching(/process 1 on elsewhere.*remove the lock files/) as string,
    });
  });
});

test("a folder that cannot be made is the file system's error", async () => {
  await writeFile(join(folder, "file"), "");
  await expect(lockDataDir(join(folder, "file", "data"), process.pid)).rejects.toMatchObject({ code: "ENOTDIR" });
  await mkdir(lockFile());
  await expect(readDataDirHolder(folder)).resolves.toBeUndefined();
});
