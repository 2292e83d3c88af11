import { readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";

it("uses nothing of Node, and no package", async () => {
  const folder = new URL(".", import.meta.url);
  const names = (await readdir(folder, { recursive: true })).filter((name) => /(?<!\.test)\.ts$/.test(name));
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) {
    const code = (await readFile(new URL(name, folder), "utf8")).replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, "");
    expect(code, name).not.toMatch(/\b(process|Buffer|require|setImmediate|__dirname|global)\b/);
    const imports = [...code.matchAll(/\bfrom\s*"([^"]+)"/g)].map((match) => match[1]);
    expect(
      imports.filter((one) => one?.startsWith("./") !== true && one?.startsWith("../") !== true),
      name,
    ).toEqual([]);
  }
});
