import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPage } from "./build-page.ts";
import { openPage } from "./page.ts";
import { placesHere, type Places } from "./places.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "polyseme-page-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The sources of a page that is built in a moment. */
async function smallPage(name: string): Promise<Places> {
  const root = join(folder, name);
  await mkdir(join(root, "web"), { recursive: true });
  await writeFile(join(root, "web/index.html"), '<!doctype html><script type="module" src="./main.js"></script>');
  await writeFile(join(root, "web/main.js"), 'document.title = "first";');
  await cp(placesHere().manifest, join(root, "package.json"));
  return { web: join(root, "web"), manifest: join(root, "package.json"), built: join(root, "dist/web"), builder: "" };
}

test("a page is built when it is first asked for, kept, and built again when its sources change", async () => {
  const places = await smallPage("changing");
  let builds = 0;
  const build = async (given: Places): Promise<void> => {
    builds++;
    await buildPage(given);
  };
  const script = async (): Promise<string> =>
    [...(await openPage(places, build)).assets.values()].map(({ bytes }) => bytes.toString()).join();
  expect(await script()).toContain("first");
  expect(await script()).toContain("first");
  expect(builds).toBe(1);
  await writeFile(join(places.web, "main.js"), 'document.title = "second";');
  expect(await script()).toContain("second");
  expect(builds).toBe(2);
  // A test beside the sources is no part of the page.
  await writeFile(join(places.web, "main.test.ts"), "");
  await script();
  expect(builds).toBe(2);
});

test("builds at once leave one whole page and nothing beside it", async () => {
  const places = await smallPage("raced");
  await Promise.all([buildPage(places), buildPage(places), buildPage(places)]);
  expect(await readdir(join(places.built, ".."))).toEqual(["web"]);
  const { document, assets } = await openPage(places, () => Promise.reject(new Error("Not to be built again")));
  expect(document.type).toBe("text/html; charset=utf-8");
  expect(document.bytes.toString()).toContain([...assets.keys()][0]);
});

test("an installed package, which has no sources, serves what it brought", async () => {
  const places = await smallPage("installed");
  await buildPage(places);
  await rm(places.web, { recursive: true });
  const never = (): Promise<void> => Promise.reject(new Error("Not to be built"));
  expect((await openPage(places, never)).assets.size).toBe(1);
});
