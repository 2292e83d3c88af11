// npm run release:publish [-- --dry-run]: publishes the tarballs of npm run release:pack, libraries first.
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { output } from "./commands.ts";
import { RELEASE } from "./stage.ts";

const folder = join(RELEASE, "tarballs");
const dryRun = process.argv.includes("--dry-run");
const flags = ["--access", "public", ...(dryRun ? ["--dry-run"] : ["--provenance"])];
// polyseme-client-… comes before polyseme-0.… : whoever installs the second at once finds the first.
for (const name of (await readdir(folder)).sort().reverse()) {
  await output("npm", ["publish", join(folder, name), ...flags], { cwd: RELEASE });
  process.stdout.write(`${dryRun ? "would publish" : "published"} ${name}\n`);
}
