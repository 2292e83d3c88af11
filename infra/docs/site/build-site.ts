import { cp, mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import MiniSearch from "minisearch";
import { build } from "vite";
import { SEARCH_OPTIONS } from "./browser/terms.ts";
import { layout } from "./layout.ts";
import { readNavigation } from "./navigation.ts";
import { renderMarkdown } from "./render-markdown.ts";
import { readSitePages, ROOT } from "./site-pages.ts";

export interface SiteOptions {
  /** An absolute folder; what is in it is removed. */
  readonly folder: string;
  /** Where the repository's files can be read, ending with a slash. */
  readonly repository?: string | undefined;
}

/**
 * Builds the whole site as files that any server of files can serve, at any path.
 * @returns the places of its pages
 * @throws Error for a link or a picture whose file is not there
 */
export async function buildSite({ folder, repository }: SiteOptions): Promise<string[]> {
  const pages = await readSitePages();
  const sources = new Set(pages.map(({ source }) => source));
  const bySource = new Map(pages.map((page) => [page.source, page]));
  const navigation = readNavigation(pages);
  const search = new MiniSearch(SEARCH_OPTIONS);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  for (const page of pages) {
    const { html, sections, files } = renderMarkdown(page, { sources, repository });
    for (const { anchor, heading, text } of sections)
      search.add({ id: `${page.target}#${anchor}`, page: page.title, heading, text });
    await put(folder, page.target, layout(page, html, navigation, bySource));
    for (const file of files) await cp(join(ROOT, file), join(folder, file));
  }
  await put(folder, "search.json", JSON.stringify(search));
  await cp(fileURLToPath(new URL("site.css", import.meta.url)), join(folder, "site.css"));
  await bundleScript(folder);
  return pages.map(({ target }) => target);
}

async function put(folder: string, target: string, text: string): Promise<void> {
  await mkdir(dirname(join(folder, target)), { recursive: true });
  await writeFile(join(folder, target), text);
}

function bundleScript(folder: string): Promise<unknown> {
  const root = fileURLToPath(new URL("browser", import.meta.url));
  return build({
    configFile: false,
    envDir: false,
    publicDir: false,
    root,
    logLevel: "warn",
    build: {
      outDir: folder,
      emptyOutDir: false,
      lib: { entry: join(root, "site.ts"), formats: ["es"], fileName: () => "site.js" },
    },
  });
}
