import { execFileSync } from "node:child_process";
import { gunzipSync } from "node:zlib";
import { chmod, mkdir, mkdtemp, readFile, rm, symlink, truncate, unlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFiles } from "./find-files.ts";
import { docxOf, pdfOf } from "../../../../test/support/made-files.ts";
import { readCsv } from "./read-csv.ts";
import { readNdjson } from "./read-ndjson.ts";
import { readSources } from "./read-sources.ts";
import { makeForeignReader } from "./reader/reader-process.ts";
import type { SourceItem } from "./source.ts";

const SECRET = "outside of the folder";
/** Links, pipes and devices are made otherwise, or not at all, on Windows. */
const onUnix = test.skipIf(process.platform === "win32");

let place = "";
let folder = "";
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "hostile-"));
  folder = join(place, "given");
  await mkdir(folder);
  await mkdir(join(place, "outside"));
  await writeFile(join(place, "outside/secret.txt"), SECRET);
  await writeFile(join(folder, "good.txt"), "inside");
});
afterAll(() => rm(place, { recursive: true }));

async function collect(items: AsyncIterable<SourceItem>): Promise<SourceItem[]> {
  const all: SourceItem[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function* endless(text: string, bytes: number): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  const part = Buffer.from(text.repeat(65_536 / text.length));
  for (let sent = 0; sent < bytes; sent += part.length) yield part;
}

describe("a folder with links", () => {
  onUnix("is read without them: to a file or folder outside, to itself, and to nothing", async () => {
    const linked = join(place, "linked");
    await mkdir(join(linked, "sub"), { recursive: true });
    await writeFile(join(linked, "sub/own.txt"), "own");
    await symlink(join(place, "outside/secret.txt"), join(linked, "file.txt"));
    await symlink(join(place, "outside"), join(linked, "folder"));
    await symlink(linked, join(linked, "sub/loop"));
    await symlink(join(place, "nowhere"), join(linked, "broken.txt"));
    const found = await findFiles([linked]);
    expect(found.files.map(({ id }) => id)).toEqual(["sub/own.txt"]);
    expect(found.skipped).toBe(4);
    expect(JSON.stringify(await collect(readSources(found.files)))).not.toContain(SECRET);
  });

  onUnix("is not left either when a file becomes a link after it was found", async () => {
    const path = join(folder, "swapped.txt");
    await writeFile(path, "harmless");
    const { files } = await findFiles([folder]);
    await unlink(path);
    await symlink(join(place, "outside/secret.txt"), path);
    const items = await collect(readSources(files));
    await unlink(path);
    expect(items).toMatchObject([
      { document: { id: "good.txt" } },
      { problem: { id: "swapped.txt", message: expect.stringContaining("it is a link") as string } },
    ]);
  });
});

onUnix("a link that was named itself is followed: whoever named it may read what it leads to", async () => {
  const path = join(place, "named.txt");
  await symlink(join(place, "outside/secret.txt"), path);
  const { files } = await findFiles([path]);
  expect(await collect(readSources(files))).toMatchObject([{ document: { text: SECRET } }]);
});

describe("what is no file", () => {
  onUnix("is refused when it was named: a pipe, a device, a socket", async () => {
    const pipe = join(place, "pipe.txt");
    execFileSync("mkfifo", [pipe]);
    const device = join(place, "zeros.txt");
    await symlink("/dev/zero", device);
    const socket = join(place, "socket.txt");
    const server = await new Promise<Server>((resolve) => {
      const listening = createServer().listen(socket, () => {
        resolve(listening);
      });
    });
    try {
      for (const path of [pipe, device, socket])
        await expect(findFiles([path])).rejects.toThrow("is neither a file nor a folder");
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });

  onUnix("is left out of a folder, and does not hold the run up when it takes a file's place", async () => {
    const mixed = join(place, "mixed");
    await mkdir(mixed);
    for (const name of ["a.txt", "b.ndjson", "c.csv"]) await writeFile(join(mixed, name), "{}");
    execFileSync("mkfifo", [join(mixed, "pipe.txt")]);
    const found = await findFiles([mixed]);
    expect(found).toMatchObject({ files: [{ id: "a.txt" }, { id: "b.ndjson" }, { id: "c.csv" }], skipped: 1 });
    for (const { path } of found.files) {
      await unlink(path);
      execFileSync("mkfifo", [path]);
    }
    const items = await collect(readSources(found.files));
    expect(items.map((item) => ("problem" in item ? item.problem.message : "read"))).toEqual(
      new Array(3).fill("The file cannot be read: it is no regular file"),
    );
  });
});

describe("what may not be read", () => {
  onUnix("is reported, file and folder, and the rest is read", async () => {
    const closed = join(place, "closed");
    await mkdir(join(closed, "locked"), { recursive: true });
    await writeFile(join(closed, "locked/x.txt"), "x");
    await writeFile(join(closed, "a-secret.txt"), "x");
    await writeFile(join(closed, "z.txt"), "readable");
    await chmod(join(closed, "locked"), 0o000);
    await chmod(join(closed, "a-secret.txt"), 0o000);
    await chmod(place, 0o755);
    const items = await withoutRights(async () => {
      const { files, problems } = await findFiles([closed]);
      return collect(readSources(files, problems));
    });
    await chmod(join(closed, "locked"), 0o700);
    expect(items).toMatchObject([
      { problem: { origin: join(closed, "locked"), code: "invalid" } },
      { problem: { id: "a-secret.txt", code: "invalid" } },
      { document: { id: "z.txt" } },
    ]);
  });
});

/** Root may read everything, so the work is done as somebody else. */
async function withoutRights<T>(work: () => Promise<T>): Promise<T> {
  if (process.geteuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

describe("a file without end", () => {
  onUnix("of text is too large as soon as the bound is passed, whatever its size is said to be", async () => {
    const path = join(place, "huge.txt");
    await writeFile(path, "x");
    // Sparse: it takes no room on the disk.
    await truncate(path, 8 * 1024 ** 3);
    const before = process.memoryUsage().arrayBuffers;
    const { files } = await findFiles([path]);
    expect(await collect(readSources(files))).toMatchObject([{ problem: { code: "too_large" } }]);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200 * 1024 ** 2);
  });

  test("of one line is reported with the line's bound, and the next line is read", async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield* endless("x", 100 * 1024 ** 2);
      yield Buffer.from('\n{"id":"next"}\n');
    }
    expect(await collect(readNdjson(source(), "f"))).toMatchObject([
      { problem: { code: "too_large", origin: "f:1" } },
      { document: { id: "next" } },
    ]);
  });

  test("of one CSV cell breaks off with a message, the rows before it are read", async () => {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('id,text\n1,first\n2,"');
      yield* endless("x", 100 * 1024 ** 2);
    }
    const items = await collect(readCsv(source(), "f"));
    expect(items[0]).toMatchObject({ document: { id: "1" } });
    expect(items.at(-1)).toMatchObject({ problem: { code: "invalid" } });
  });

  test("of CSV columns breaks off with a message", async () => {
    const items = await collect(readCsv(endless("a,", 1024 ** 2), "f"));
    expect(items).toMatchObject([{ problem: { message: expect.stringContaining("10000 columns") as string } }]);
  });
});

describe("a file that is small and unpacks to more than there is room for", () => {
  const MIB = 1024 ** 2;

  test("is a problem of its own: the others are read, and this process takes no part in it", async () => {
    const bombs = join(place, "bombs");
    await mkdir(bombs);
    const zeros = Buffer.alloc(140 * MIB);
    const parquet = gunzipSync(
      await readFile(new URL("../../../../test/fixtures/sources/bomb.parquet.gz", import.meta.url)),
    );
    const files = {
      "a.docx": docxOf(["x"], [{ name: "word/media/a.xml", bytes: zeros }]),
      "b.docx": docxOf(["x"], [{ name: "word/media/a.xml", bytes: zeros, claimed: 10 }]),
      "c.pdf": pdfOf([{ spaces: 1_500 * MIB }]),
      "d.parquet": parquet,
      "e.docx": docxOf(["After all that."]),
    };
    for (const [name, bytes] of Object.entries(files)) {
      expect(bytes.length).toBeLessThan(2 * MIB);
      await writeFile(join(bombs, name), bytes);
    }
    const before = process.memoryUsage.rss();
    const { files: found } = await findFiles([bombs]);
    const items = await collect(readSources(found));
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * MIB);
    expect(items).toMatchObject([
      { problem: { id: "a.docx", code: "too_large", message: "The file has more than 128 MiB when it is unpacked." } },
      { problem: { id: "b.docx", code: "invalid" } },
      { problem: { id: "c.pdf", code: "too_large", message: expect.stringContaining("more memory") as string } },
      { problem: { id: "d.parquet", code: "too_large", message: expect.stringContaining("more memory") as string } },
      { document: { id: "e.docx", text: "After all that." } },
    ]);
  });

  test("or gives nothing for longer than it may is given up, and the next one is read", async () => {
    const path = join(place, "slow.html");
    await writeFile(path, "<p>slow");
    const file = { path, id: "slow.html", kind: "html" as const };
    // Nothing is read in a millisecond.
    const [hasty, patient] = [makeForeignReader({ silenceMs: 1 }), makeForeignReader()];
    try {
      const late = {
        problem: { id: "slow.html", code: "too_large", message: expect.stringContaining("longer than") as string },
      };
      expect(await collect(hasty.read(file))).toMatchObject([late]);
      expect(await collect(hasty.read(file))).toMatchObject([late]);
      expect(await collect(patient.read(file))).toMatchObject([{ document: { text: "slow" } }]);
    } finally {
      hasty.close();
      patient.close();
    }
  });
});

describe("a document that points elsewhere", () => {
  test("gives nothing of what it points to: entities, included files, pictures", async () => {
    const pointing = join(place, "pointing");
    await mkdir(pointing);
    const secret = join(place, "outside/secret.txt");
    const entity = `<?xml version="1.0"?><!DOCTYPE w [<!ENTITY s SYSTEM "file://${secret}">]><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>own &s;</w:t></w:r></w:p></w:body></w:document>`;
    await writeFile(join(pointing, "a.docx"), docxOf([], [{ name: "word/document.xml", bytes: Buffer.from(entity) }]));
    await writeFile(
      join(pointing, "b.html"),
      `<p>own</p><iframe src="file://${secret}"></iframe><object data="file://${secret}"></object><img src="${secret}">`,
    );
    const { files } = await findFiles([pointing]);
    const items = await collect(readSources(files));
    expect(JSON.stringify(items)).not.toContain(SECRET);
    expect(items.at(-1)).toMatchObject({ document: { id: "b.html", text: "own" } });
  });
});
