// npm run docs:build: the site of the documentation, under dist/docs. --repository URL links files of the repository.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { brokenLinks } from "./broken-links.ts";
import { buildSite } from "./build-site.ts";
import { ROOT } from "./site-pages.ts";

const { values } = parseArgs({
  options: { out: { type: "string", default: join(ROOT, "dist/docs") }, repository: { type: "string" } },
});
// As Vite would set it; a test runner's own would go into the script.
process.env["NODE_ENV"] = "production";
const pages = await buildSite({ folder: values.out, repository: values.repository });
const broken = await brokenLinks(values.out);
for (const link of broken) process.stderr.write(`broken: ${link}\n`);
process.stdout.write(`${pages.length} pages in ${values.out}\n`);
if (broken.length > 0) process.exitCode = 1;
