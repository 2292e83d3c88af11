import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { filesOf, findFiles, openRoots } from "./find-files.ts";
import type { WalkChoice } from "./walk.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "walk-"));
  const files = {
    ".gitignore": "*.log.txt\n/build/\ndrafts/*\n!drafts/keep.md\nout\n",
    ".polysemeignore": "private/\n",
    "a.md": "",
    "x.log.txt": "",
    "build/no.md": "",
    "sub/build/yes.md": "",
    "drafts/no.md": "",
    "drafts/keep.md": "",
    "private/no.md": "",
    "sub/.gitignore": "!again.log.txt\nlocal.md\n",
    "sub/again.log.txt": "",
    "sub/local.md": "",
    "sub/deep/local.md": "",
    "sub/deep/b.ts": "",
    "sub/out/.gitignore": "!no.md\n",
    "sub/out/no.md": "",
    ".hidden.md": "",
  };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
});
afterAll(() => rm(folder, { recursive: true }));

async function ids(choice?: WalkChoice): Promise<string[]> {
  return (await findFiles([folder], choice)).files.map(({ id }) => id);
}

async function idsAt(path: string): Promise<string[]> {
  const [root] = await openRoots([folder]);
  if (root === undefined) throw new Error("no root");
  return (await filesOf(root, [path])).files.map(({ id }) => id);
}

describe("a walk", () => {
  it("leaves out what .gitignore and .polysemeignore leave out, the innermost rule deciding", async () => {
    expect(await ids()).toEqual(["a.md", "drafts/keep.md", "sub/again.log.txt", "sub/build/yes.md", "sub/deep/b.ts"]);
  });

  it("takes only what is included, and nothing that is excluded", async () => {
    expect(await ids({ include: ["*.md"], exclude: [] })).toEqual(["a.md", "drafts/keep.md", "sub/build/yes.md"]);
    expect(await ids({ include: ["sub/"], exclude: ["deep", "*.txt"] })).toEqual(["sub/build/yes.md"]);
    expect(await ids({ include: ["*.md", "!a.md"], exclude: ["/sub"] })).toEqual(["drafts/keep.md"]);
  });

  it("of a single path finds just what the whole walk finds there", async () => {
    const whole = await ids();
    for (const path of ["a.md", "sub", "sub/deep", "sub/deep/b.ts", "drafts/keep.md", "sub/again.log.txt"])
      expect([path, await idsAt(path)]).toEqual([path, whole.filter((id) => id === path || id.startsWith(`${path}/`))]);
    for (const path of [
      "x.log.txt",
      "build/no.md",
      "private",
      "sub/local.md",
      "sub/out/no.md",
      ".hidden.md",
      "gone.md",
    ])
      expect([path, await idsAt(path)]).toEqual([path, []]);
  });

  it("gives nothing of a folder whose rules cannot be used, and says so", async () => {
    const path = join(folder, "sub/deep/.gitignore");
    await writeFile(path, "a*a*a*a*a*a*a*b\n");
    const { files, problems } = await findFiles([folder]);
    await rm(path);
    expect(files.map(({ id }) => id)).not.toContain("sub/deep/b.ts");
    expect(problems).toMatchObject([{ message: expect.stringContaining("more than 6 stars") as string }]);
  });
});
