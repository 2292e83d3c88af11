import { messageOf, readConfig } from "@polyseme/core";
import { listModels, readAnyConfig } from "@polyseme/encoder";
import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { renderTable } from "../table.ts";
import { addModelsCheck } from "./models-check.ts";
import { addModelsPrepare } from "./models-prepare.ts";
import { addModelsPull } from "./models-pull.ts";

interface Described {
  readonly name: string;
  readonly folder: string;
  readonly isDefault: boolean;
  /** It scores pairs of texts and gives no embeddings; left out: it does. */
  readonly scoresPairs?: true;
  readonly dimensions?: number;
  readonly maxTokens?: number;
  /** Why it cannot be used; the others can. */
  readonly problem?: string;
}

/** `polyseme models list|pull|prepare|check`. */
export function addModels(program: Command, context: CliContext): void {
  const models = program.command("models").description("List, download, prepare and check models");
  addModelsPull(models, context);
  models
    .command("list")
    .description("List the models that are here: encoders, and those that score pairs of texts")
    .option("--json", "print JSON")
    .action(async ({ json }: { json?: true }) => {
      const config = readConfig(context.env);
      const found = await listModels({ modelsDir: config.modelsDir });
      const described = await Promise.all(
        found.map(async ({ name, folder }): Promise<Described> => {
          const about = { name, folder, isDefault: name === config.model };
          try {
            const { kind, config: read } = await readAnyConfig(folder);
            const { dimensions, maxTokens } = read;
            return kind === "pairs" ? { ...about, scoresPairs: true, maxTokens } : { ...about, dimensions, maxTokens };
          } catch (error) {
            return { ...about, problem: messageOf(error) };
          }
        }),
      );
      if (json === true) context.out.json(described);
      else {
        const columns = [
          { title: "model" },
          { title: "dimensions", align: "right" },
          { title: "tokens", align: "right" },
          { title: "folder" },
        ] as const;
        const rows = described.map(({ name, dimensions, scoresPairs, maxTokens, folder, isDefault }) => [
          `${name}${isDefault ? " (default)" : ""}`,
          scoresPairs === true ? "pairs" : String(dimensions ?? "-"),
          String(maxTokens ?? "-"),
          folder,
        ]);
        for (const line of renderTable(columns, rows, context.out)) context.out.line(line);
        for (const { problem } of described) if (problem !== undefined) context.err.line(problem);
      }
    });
  addModelsPrepare(models, context);
  addModelsCheck(models, context);
}
