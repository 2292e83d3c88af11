import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, inject, it } from "vitest";
import { KNOWN_LANGUAGES, runSnippets, type RanBlock } from "./support/run-snippets.ts";
import { readBlocks } from "./support/snippets/read-blocks.ts";
import { ROOT } from "./support/snippets/shell.ts";
import { freshServers } from "./support/stack.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const PAGES = [
  "README.md",
  ...readdirSync(`${ROOT}/docs`)
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];
/** Small ones, in the places of the repository that the README speaks of. */
const FILES = {
  "docs/undo.md": "# Undo\n\nTo undo the last commit and keep its changes, reset softly to the commit before it.",
  "docs/ports.md": "# Ports\n\nA list of all open ports and of the programs that listen on them.",
};
const TEST_MS = 240_000;

const read = (page: string): string => readFileSync(`${ROOT}/${page}`, "utf8");
const outputOf = (ran: readonly RanBlock[], part: string): string =>
  ran
    .filter(({ block }) => block.code.includes(part))
    .map(({ output }) => output)
    .join("");

describe("the blocks of pages", () => {
  it("are found with their languages, their lines and why they are not run", () => {
    const page =
      "x\n\n```sh\na\n```\n\n<!-- not run: it is long -->\n\n- y\n\n<!-- not run: why -->\n\n  ```\n  b\n   c\n  ```\n";
    expect(readBlocks(page)).toEqual([
      { line: 3, language: "sh", code: "a", notRun: undefined },
      { line: 13, language: "", code: "b\n c", notRun: "why" },
    ]);
    expect(() => readBlocks("```sh\na")).toThrow("no end");
  });

  it.each(PAGES)("of %s are run by a test, or say why they are not", (page) => {
    const neither = readBlocks(read(page)).filter(
      ({ notRun, language, code }) =>
        notRun === undefined && (!KNOWN_LANGUAGES.includes(language) || (language === "text" && /^\$ /m.test(code))),
    );
    expect(neither.map(({ line }) => `${page}:${line}`)).toEqual([]);
  });
});

// Both mostly wait for processes to start.
describe.concurrent("what the first pages say", () => {
  it(
    "in the README works, line by line, on real servers where there are some",
    async () => {
      const servers = databaseUrl === null ? undefined : await freshServers(databaseUrl, redisUrl ?? undefined);
      const page = { env: servers?.environment ?? {}, files: FILES };
      const ran = await runSnippets("README.md", page).finally(() => servers?.drop());
      expect(outputOf(ran, "npm start")).toMatch(/undo\.md/);
      expect(outputOf(ran, "--sense")).toContain("apple: 4 uses");
      expect(outputOf(ran, "curl")).toContain('"accepted":1');
      if (servers !== undefined) expect(outputOf(ran, "order by embedding")).toContain("The bank raised");
      expect(outputOf(ran, "keys revoke")).toMatch(/Revoked k_[\w-]+ \(shop\)/);
    },
    TEST_MS,
  );

  it(
    "in the quick start works, line by line, with nothing but Node",
    async () => {
      const ran = await runSnippets("docs/quick-start.md");
      expect(outputOf(ran, "ingest -")).toContain("3 documents");
      const asked = outputOf(ran, "monetary policy");
      expect(asked).toMatch(/1 +0\.\d+ +rates/);
      expect(asked).toContain('"id":"boat"');
      expect(outputOf(ran, "inspect")).toContain("[1, 4, 384]");
    },
    TEST_MS,
  );
});
