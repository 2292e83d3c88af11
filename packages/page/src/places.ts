import { fileURLToPath } from "node:url";

/** Where the page's files are, seen from the sources in a checkout and from `dist` in an installed package. */
export interface Places {
  /** The sources that Vite builds; an installed package has none. */
  readonly web: string;
  /** The package's description: it names the versions that the page is built with. */
  readonly manifest: string;
  /** What Vite built. */
  readonly built: string;
  /** The program that builds. */
  readonly builder: string;
}

/** The file in the built folder that says of which sources it is. */
export const CONTENT_MARK = "content.txt";

export function placesHere(): Places {
  const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const inDist = import.meta.url.endsWith(".js");
  return {
    web: at("../web"),
    manifest: at("../package.json"),
    built: at(inDist ? "./web" : "../dist/web"),
    builder: at(inDist ? "./main.js" : "./main.ts"),
  };
}
