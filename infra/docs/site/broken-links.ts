import { readdir, readFile } from "node:fs/promises";
import { posix } from "node:path";

/** Links and other references of a built site that lead to no file or no anchor of it, and what it would load from elsewhere. */
export async function brokenLinks(folder: string): Promise<string[]> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => posix.relative(folder, posix.join(parentPath, name)));
  const pages = new Map<string, string>();
  for (const file of files.filter((name) => name.endsWith(".html")))
    pages.set(file, await readFile(posix.join(folder, file), "utf8"));
  const anchors = new Map([...pages].map(([name, html]) => [name, valuesOf(html, "id")]));
  const known = new Set(files);
  return [...pages].flatMap(([name, html]) => {
    const links = [...valuesOf(html, "href"), ...valuesOf(html, "src")];
    const broken = [...links].filter((link) => {
      if (/^(https?|mailto|data):/.test(link)) return false;
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? name : posix.join(posix.dirname(name), path);
      if (!known.has(target)) return true;
      return anchor !== undefined && !(anchors.get(target)?.has(decodeURIComponent(anchor)) ?? false);
    });
    const loaded = [...html.matchAll(/<(?:script|img|link)\b[^>]*(?:src|href)="(https?:[^"]+)"/g)].map(
      ([, url]) => url,
    );
    return [...broken, ...loaded].map((link) => `${name}: ${link}`);
  });
}

function valuesOf(html: string, attribute: "id" | "href" | "src"): Set<string> {
  const found = html.matchAll(new RegExp(`<[a-z][^>]* ${attribute}="([^"]*)"`, "g"));
  return new Set([...found].map(([, value = ""]) => value.replaceAll("&amp;", "&")));
}
