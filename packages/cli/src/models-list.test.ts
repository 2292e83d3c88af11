import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCliHere } from "../../../test/support/run-cli.ts";

test("a model whose folder cannot be read is listed with the reason, and the others as they are", async () => {
  const modelsDir = await mkdtemp(join(tmpdir(), "polyseme-models-"));
  try {
    await mkdir(join(modelsDir, "broken"));
    await writeFile(join(modelsDir, "broken/config.json"), "no JSON");
    const env = { POLYSEME_MODELS_DIR: modelsDir };
    const { out, err } = await runCliHere(["models", "list"], env);
    expect(out).toMatch(/all-MiniLM-L6-v2 \(default\) +384 +256 /);
    expect(out).toMatch(/^broken +- +- /m);
    expect(err).toMatch(/broken\/config\.json/);
    const listed = JSON.parse((await runCliHere(["models", "list", "--json"], env)).out) as object[];
    expect(listed).toContainEqual(expect.objectContaining({ name: "broken", problem: expect.any(String) as string }));
  } finally {
    await rm(modelsDir, { recursive: true, force: true });
  }
});
