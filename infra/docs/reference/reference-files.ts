import type { ApiDocument } from "@polyseme/api";
import { format } from "prettier";
import type { GeneratedFiles } from "../../generated-files.ts";
import { commandLineReference } from "./command-line.ts";
import { errorsReference } from "./errors.ts";
import { httpApiReference } from "./http-api.ts";
import { metricsReference } from "./metrics.ts";
import { settingsReference } from "./settings.ts";

const HEAD = "<!-- Made by npm run docs:reference. Not to be edited. -->\n\n";
const FOLDER = "docs/reference";

/**
 * The reference as it is made from the code.
 * @param document what a server answers at /openapi.json
 */
export async function referenceFiles(document: ApiDocument): Promise<GeneratedFiles> {
  const pages = {
    "command-line": commandLineReference(),
    settings: settingsReference(),
    "http-api": httpApiReference(document),
    errors: errorsReference(),
    metrics: metricsReference(),
  };
  const formatted = Object.entries(pages).map(
    async ([name, text]) =>
      [`${FOLDER}/${name}.md`, await format(HEAD + text, { parser: "markdown", printWidth: 120 })] as const,
  );
  return Object.fromEntries(await Promise.all(formatted));
}
