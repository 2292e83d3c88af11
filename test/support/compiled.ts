import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { compiledPath } from "../../infra/release/compiled.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Names the folder that holds what {@link transpileAll} made for this test run; unset: programs run from their sources. */
export const COMPILED = "POLYSEME_TEST_COMPILED";

/** Names a started embedded stack's folder, for copies, made by whoever needs it first in this test run; unset: none is kept. */
export const EMBEDDED = "POLYSEME_TEST_EMBEDDED";

/**
 * Arguments with which Node runs a program of this repository.
 * @param entry relative to the repository, such as `services/api/src/main.ts`
 */
export function programArguments(entry: string): string[] {
  const [, workspace, source] = /^((?:packages|services)\/\w+)\/(src\/.+)$/.exec(entry) ?? [];
  const folder = process.env[COMPILED];
  if (folder === undefined || workspace === undefined || source === undefined)
    return ["--import", "tsx", join(ROOT, entry)];
  return ["--enable-source-maps", join(folder, workspace, compiledPath(`./${source}`))];
}
