import { readdir } from "node:fs/promises";
import { isAbsolute, join, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { PolysemeError } from "@polyseme/core";
import { parseHubId } from "./hub/hub-id.ts";
import { exists } from "./exists.ts";

export interface FoundModel {
  readonly name: string;
  /** Absolute path. */
  readonly folder: string;
}

export interface ModelPlaces {
  /** Holds models as `<org>/<name>` or `<name>`. */
  readonly modelsDir?: string | undefined;
  /** Holds the models that come with the software. */
  readonly bundledDir?: string | undefined;
}

/** From src and from dist alike. */
const BUNDLED_DIR = fileURLToPath(new URL("../../../models", import.meta.url));
/** Hub ids under which a bundled model is known. */
const BUNDLED_IDS: ReadonlyMap<string, string> = new Map([
  ["sentence-transformers/all-MiniLM-L6-v2", "all-MiniLM-L6-v2"],
]);

/**
 * The folder of a model: a bundled name, a hub id under `modelsDir`, or a folder's path.
 * @throws PolysemeError `invalid` when there is none of that name
 */
export async function findModel(name: string, places: ModelPlaces = {}): Promise<FoundModel> {
  const found = await lookForModel(name, places);
  if (found === undefined) throw await unknownModel(name, places);
  return found;
}

/** The same; undefined when there is none of that name. */
export async function lookForModel(name: string, places: ModelPlaces = {}): Promise<FoundModel | undefined> {
  const bundledDir = places.bundledDir ?? BUNDLED_DIR;
  if (isAbsolute(name) || name.startsWith(".")) {
    return (await isModel(name)) ? { name, folder: resolve(name) } : undefined;
  }
  const bundledName = BUNDLED_IDS.get(name) ?? name;
  const bundled = within(bundledDir, bundledName);
  if (bundled !== undefined && (await isModel(bundled))) return { name: bundledName, folder: bundled };
  const stored = places.modelsDir === undefined ? undefined : within(places.modelsDir, name);
  if (stored !== undefined && (await isModel(stored))) return { name, folder: stored };
  const relative = within(".", name);
  if (relative !== undefined && (await isModel(relative))) return { name, folder: relative };
  return undefined;
}

/** The models that {@link findModel} finds by name, bundled ones first. */
export async function listModels(places: ModelPlaces = {}): Promise<FoundModel[]> {
  const bundled = await modelsIn(places.bundledDir ?? BUNDLED_DIR);
  const stored = places.modelsDir === undefined ? [] : await modelsIn(places.modelsDir);
  const taken = new Set(bundled.map(({ name }) => name));
  return [...bundled, ...stored.filter(({ name }) => !taken.has(name))];
}

/** The path of `name` under `folder`; undefined when it leads out of it. */
function within(folder: string, name: string): string | undefined {
  const root = resolve(folder);
  const path = resolve(root, name);
  return path.startsWith(root.endsWith(sep) ? root : root + sep) ? path : undefined;
}

async function isModel(folder: string): Promise<boolean> {
  return exists(join(folder, "config.json"));
}

async function modelsIn(folder: string): Promise<FoundModel[]> {
  const found: FoundModel[] = [];
  for (const name of await foldersIn(folder)) {
    const path = join(resolve(folder), name);
    if (await isModel(path)) found.push({ name, folder: path });
    else
      for (const inner of await foldersIn(path))
        if (await isModel(join(path, inner))) found.push({ name: `${name}/${inner}`, folder: join(path, inner) });
  }
  return found;
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return (
    entries
      .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
      .map(({ name }) => name)
      // What is under way, and what tools keep beside models.
      .filter((name) => !name.startsWith("."))
      .sort()
  );
}

async function unknownModel(name: string, places: ModelPlaces): Promise<PolysemeError> {
  const names = (await listModels(places)).map((model) => model.name);
  return new PolysemeError(
    "invalid",
    `There is no model "${name}". Models here: ${names.join(", ") || "none"}. ` +
      (parseHubId(name) === undefined ? "" : `The hub may have it: polyseme models pull ${name}. `) +
      "A folder in the hub's layout can be given by its path.",
    { details: { field: "model" } },
  );
}
