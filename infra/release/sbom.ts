// npm run release:sbom: what the program is made of, as release/sbom.cdx.json (CycloneDX) and release/sbom.spdx.json (SPDX).
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { output } from "./commands.ts";
import { RELEASE } from "./stage.ts";
import { ROOT } from "./workspaces.ts";

const FORMATS = { cyclonedx: "sbom.cdx.json", spdx: "sbom.spdx.json" } as const;

await mkdir(RELEASE, { recursive: true });
for (const [format, name] of Object.entries(FORMATS)) {
  const args = ["sbom", "--sbom-format", format, "--omit", "dev", "--workspace", "@polyseme/cli", "--loglevel=error"];
  const text = await output("npm", args, { cwd: ROOT });
  const { components, packages } = JSON.parse(text) as { components?: unknown[]; packages?: unknown[] };
  await writeFile(join(RELEASE, name), text);
  process.stdout.write(`release/${name}: ${(components ?? packages ?? []).length} packages\n`);
}
