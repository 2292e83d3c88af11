import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";

/** Files with rules as git reads them; the later one has the last word. */
export const RULE_FILES = [".gitignore", ".polysemeignore"] as const;

/** Rules of one folder, for what is in it and below. */
export interface FolderRules {
  /** Relative to the walk's root, with `/`; empty for the root itself. */
  readonly folder: string;
  readonly rules: Ignore;
}

const MAX_RULE_BYTES = 1024 * 1024;
/** A rule becomes a pattern that tries every way to share a name among its stars. */
const MAX_STARS = 6;

/**
 * The rules that a folder has of its own; undefined when it has none.
 * @throws Error that names the file of rules that cannot be used
 */
export async function readFolderRules(root: string, folder: string): Promise<FolderRules | undefined> {
  const texts: string[] = [];
  for (const name of RULE_FILES) {
    const text = await readRuleFile(join(root, folder, name));
    if (text !== undefined) texts.push(text);
  }
  return texts.length === 0 ? undefined : { folder, rules: makeRules(texts) };
}

async function readRuleFile(path: string): Promise<string | undefined> {
  const stats = await stat(path).catch(() => undefined);
  if (stats?.isFile() !== true) return undefined;
  if (stats.size > MAX_RULE_BYTES) throw new Error(`${path} has more than ${MAX_RULE_BYTES} bytes of rules`);
  const text = await readFile(path, "utf8");
  const costly = text.split("\n").find((line) => starsOf(line) > MAX_STARS);
  if (costly !== undefined) throw new Error(`a rule of ${path} has more than ${MAX_STARS} stars: ${costly.trim()}`);
  return text;
}

/** Stars within one part of a path; `**` stands for whole parts and costs nothing. */
function starsOf(rule: string): number {
  return Math.max(...rule.split("/").map((part) => part.replaceAll(/\*\*+/g, "*").split("*").length - 1));
}

/** Rules as they stand in a .gitignore, from the weakest to the strongest. */
export function makeRules(texts: readonly string[]): Ignore {
  const rules = ignore({ ignorecase: false });
  for (const text of texts) rules.add(text);
  return rules;
}

/**
 * Whether the rules leave a path out; those of the innermost folder that say anything decide. Parents of the path are
 * taken to be looked at already: what is in a folder that is left out cannot be taken in again, as in git.
 * @param path relative to the root, with `/`
 */
export function isLeftOut(chain: readonly FolderRules[], path: string, isFolder: boolean): boolean {
  for (const { folder, rules } of chain.toReversed()) {
    const relative = folder === "" ? path : path.slice(folder.length + 1);
    const { ignored, unignored } = rules.test(isFolder ? `${relative}/` : relative);
    if (ignored || unignored) return ignored;
  }
  return false;
}
