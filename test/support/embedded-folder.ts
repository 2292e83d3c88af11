import { cpSync } from "node:fs";
import { mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openBackends } from "@polyseme/backends";
import { EMBEDDED } from "./compiled.ts";

/**
 * A data folder for the embedded stack, as its first start leaves it. Making Postgres' files takes five seconds of a core,
 * which is most of such a start; what begins with an empty folder says so by making it itself.
 */
export async function makeEmbeddedFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "polyseme-test-"));
  const template = process.env[EMBEDDED];
  if (template === undefined) return folder;
  if (!(await exists(template))) await makeTemplate(template);
  cpSync(join(template, "postgres"), join(folder, "postgres"), { recursive: true });
  return folder;
}

/** Several test files may do so at once; the first one's is taken. */
async function makeTemplate(template: string): Promise<void> {
  const own = await mkdtemp(`${template}-`);
  const backends = await openBackends(
    { kind: "embedded", dataDir: own },
    {
      pid: process.pid,
      onError: (error) => {
        throw error;
      },
    },
  );
  await backends.close();
  await rename(own, template).catch(async (error: unknown) => {
    await rm(own, { recursive: true, force: true });
    if (!(await exists(template))) throw error;
  });
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
