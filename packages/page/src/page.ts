import { fork } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { contentHash } from "./content-hash.ts";
import { CONTENT_MARK, placesHere, type Places } from "./places.ts";

/** A file as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
}

/** The built page: its document and, by name, the files that this asks for. Their names change with their content. */
export interface Page {
  readonly document: PageFile;
  readonly assets: ReadonlyMap<string, PageFile>;
}

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};
const BUILD_MS = 120_000;
const MOST_PRINTED = 4_000;

/**
 * The page as its sources are now: in a checkout it is built first when it is missing or older than they are (some two
 * seconds, in a process of its own), in an image or an installed package it is there. It is small and kept in memory.
 * @throws Error that says why there is none
 */
export async function openPage(places = placesHere(), build = buildInChild): Promise<Page> {
  const content = await contentHash(places);
  const present = await readPage(places, content);
  if (present !== undefined) return present;
  if (!canBuild()) {
    // Without Vite nobody can have changed the sources and meant it: what the image was built with is served.
    const built = await readPage(places, undefined);
    if (built === undefined) throw new Error("The page is not built, and Vite, which builds it, is not installed.");
    return built;
  }
  await build(places);
  const made = await readPage(places, undefined);
  if (made === undefined) throw new Error(`There is no page in ${places.built} after it was built.`);
  return made;
}

/** undefined: not there, or built from other sources than `content`. */
async function readPage({ built }: Places, content: string | undefined): Promise<Page | undefined> {
  try {
    if (content !== undefined && (await readFile(join(built, CONTENT_MARK), "utf8")) !== content) return undefined;
    const names = await readdir(join(built, "assets"));
    const assets = await Promise.all(
      names.map(async (name) => [name, await readPageFile(join(built, "assets", name))] as const),
    );
    return { document: await readPageFile(join(built, "index.html")), assets: new Map(assets) };
  } catch {
    return undefined;
  }
}

async function readPageFile(path: string): Promise<PageFile> {
  const ending = path.slice(path.lastIndexOf(".") + 1);
  return { type: TYPES[ending] ?? "application/octet-stream", bytes: await readFile(path) };
}

function canBuild(): boolean {
  try {
    createRequire(import.meta.url).resolve("vite/package.json");
    return true;
  } catch {
    return false;
  }
}

/** Vite stays out of the serving process: its memory, its threads, its handles. */
function buildInChild({ builder }: Places): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(builder, {
      cwd: dirname(builder),
      execArgv: ["--import", "tsx"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
      timeout: BUILD_MS,
    });
    let printed = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      printed = (printed + text).slice(-MOST_PRINTED);
    });
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`The page does not build (${code ?? signal ?? "ended"}): ${printed.trim()}`));
    });
  });
}
