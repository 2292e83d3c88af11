import { chmod, mkdtemp, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { build } from "vite";
import { contentHash } from "./content-hash.ts";
import { CONTENT_MARK, type Places } from "./places.ts";

/**
 * Builds the page and puts it where it is served from, whole or not at all: two that build at once do no harm.
 * @throws Error when there are no sources or they do not build
 */
export async function buildPage(places: Places): Promise<void> {
  const content = await contentHash(places);
  if (content === undefined) throw new Error(`There are no sources of the page in ${places.web}.`);
  await mkdir(dirname(places.built), { recursive: true });
  const made = await mkdtemp(join(dirname(places.built), ".web-"));
  try {
    await build({
      configFile: false,
      envDir: false,
      root: places.web,
      // Addresses relative to the page, so that it also works below a proxy's prefix.
      base: "./",
      logLevel: "warn",
      build: {
        outDir: made,
        emptyOutDir: true,
        // Nothing inline, and no polyfill: the page's policy lets scripts and styles come from its own files alone.
        assetsInlineLimit: 0,
        modulePreload: false,
      },
    });
    await writeFile(join(made, CONTENT_MARK), content);
    // Made closed to others; the service may run as another user than who built its image.
    await chmod(made, 0o755);
    await replaceFolder(made, places.built);
  } finally {
    await rm(made, { recursive: true, force: true });
  }
}

const TRIES = 5;

/** A folder with something in it cannot be renamed over; whoever came first is moved aside. */
async function replaceFolder(made: string, target: string): Promise<void> {
  for (let tries = 1; ; tries++) {
    const old = await mkdtemp(join(dirname(target), ".old-"));
    try {
      await rename(target, join(old, "web")).catch(() => undefined);
      await rename(made, target);
      return;
    } catch (error) {
      if (tries === TRIES) throw error;
    } finally {
      await rm(old, { recursive: true, force: true });
    }
  }
}
