import { SETTINGS } from "@polyseme/core";
import { code, plain, table } from "./markdown-text.ts";

/** Every variable of the environment, from the list in packages/core. */
export function settingsReference(): string {
  const sections = Object.entries(SETTINGS).map(([group, settings]) => {
    const rows = settings.map(({ name, standard = "", values, meaning }) => [
      code(name),
      code(standard),
      plain(values),
      plain(meaning),
    ]);
    return `## ${group}\n\n${table(["variable", "default", "what it may be", "meaning"], rows)}\n`;
  });
  return `# Settings

All are variables of the environment, all may be left out, and each is read once at the start. A value that cannot be is
refused at the start, with the name of the variable and what it may be.

${sections.join("\n")}
What a Redis of several processes is called by: the [README](../../README.md#use-it).
`;
}
