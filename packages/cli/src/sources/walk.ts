import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { messageOf } from "@polyseme/core";
import type { Ignore } from "ignore";
import { isLeftOut, makeRules, readFolderRules, type FolderRules } from "./ignore-rules.ts";
import type { Problem } from "./source.ts";

/** What the caller wants of a folder, in patterns as of a .gitignore. */
export interface WalkChoice {
  /** Only files that one of these names; all when there is none. */
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** An entry of a folder: a file, something that is no file (a link, a device), or what could not be looked into. */
export type Found =
  { readonly path: string; readonly relative: string; readonly isFile: boolean } | { readonly problem: Problem };

/**
 * A folder and what is below it, without hidden entries, node_modules and what rules leave out. Links are not followed,
 * so nothing outside of the folder is found and no walk goes in a circle.
 */
export class FolderWalk {
  readonly #root: string;
  readonly #include: Ignore | undefined;
  readonly #exclude: Ignore;

  constructor(root: string, choice: WalkChoice) {
    this.#root = root;
    this.#include = choice.include.length === 0 ? undefined : makeRules(choice.include);
    this.#exclude = makeRules(choice.exclude);
  }

  /** Everything, in the order of names, so that two runs push in the same order. */
  all(): AsyncGenerator<Found> {
    return this.#walk("", []);
  }

  /**
   * What is found at or below a path (relative to the root, with `/`) by the same rules; nothing when it is not there or
   * left out.
   */
  async *at(path: string): AsyncGenerator<Found> {
    const parts = path.split("/").filter((part) => part !== "");
    const chain: FolderRules[] = [];
    let here = "";
    for (const [index, part] of parts.entries()) {
      const own = await this.#rulesOf(here);
      if ("problem" in own) {
        yield own;
        return;
      }
      chain.push(...own.rules);
      here = here === "" ? part : `${here}/${part}`;
      const stats = await lstat(join(this.#root, here)).catch(() => undefined);
      if (stats === undefined || this.#isLeftOut(chain, here, stats.isDirectory())) return;
      if (stats.isDirectory()) continue;
      if (index === parts.length - 1) yield { path: join(this.#root, here), relative: here, isFile: stats.isFile() };
      return;
    }
    yield* this.#walk(here, chain);
  }

  /** Whether a path may be walked, as far as its name and what the caller excludes tell; rules are not looked at. */
  mayHold(relative: string, isFolder: boolean): boolean {
    const name = relative.slice(relative.lastIndexOf("/") + 1);
    if (name.startsWith(".") || name === "node_modules") return false;
    return !this.#exclude.ignores(isFolder ? `${relative}/` : relative);
  }

  async *#walk(folder: string, above: readonly FolderRules[]): AsyncGenerator<Found> {
    const path = join(this.#root, folder);
    const own = await this.#rulesOf(folder);
    if ("problem" in own) {
      yield own;
      return;
    }
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => messageOf(error));
    if (typeof entries === "string") {
      yield { problem: { origin: path, code: "invalid", message: `The folder cannot be read: ${entries}` } };
      return;
    }
    const chain = [...above, ...own.rules];
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const relative = folder === "" ? entry.name : `${folder}/${entry.name}`;
      // Of a link, readdir tells the link and not what it leads to.
      if (this.#isLeftOut(chain, relative, entry.isDirectory())) continue;
      if (entry.isDirectory()) yield* this.#walk(relative, chain);
      else yield { path: join(this.#root, relative), relative, isFile: entry.isFile() };
    }
  }

  #isLeftOut(chain: readonly FolderRules[], relative: string, isFolder: boolean): boolean {
    if (!this.mayHold(relative, isFolder)) return true;
    if (!isFolder && this.#include?.ignores(relative) === false) return true;
    return isLeftOut(chain, relative, isFolder);
  }

  /** Without its rules a folder would give what was never to be sent, so it gives nothing. */
  async #rulesOf(folder: string): Promise<{ rules: FolderRules[] } | { problem: Problem }> {
    try {
      const own = await readFolderRules(this.#root, folder);
      return { rules: own === undefined ? [] : [own] };
    } catch (error) {
      const message = `The folder is left out, because its rules cannot be read: ${messageOf(error)}`;
      return { problem: { origin: join(this.#root, folder), code: "invalid", message } };
    }
  }
}
