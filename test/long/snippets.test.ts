import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { runSnippets, type PageOptions } from "../support/run-snippets.ts";
import { readBlocks } from "../support/snippets/read-blocks.ts";
import { ROOT } from "../support/snippets/shell.ts";

const run = promisify(execFile);
const PAGE_MS = 900_000;
/** Run in the ordinary suite. */
const FIRST_PAGES = ["quick-start.md"];

const python = await run("python3", ["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).then(
  () => "python3",
  () => undefined,
);

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The labelled sentences as documents, named as the pages show them: `apple-10`. */
function sentences(words: readonly string[]): string {
  const uses = read("test/fixtures/senses.jsonl")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { word: string; text: string });
  return words
    .flatMap((word) =>
      uses
        .filter((use) => use.word === word)
        .map(({ text }, i) => JSON.stringify({ id: `${word}-${i}`, text, title: word })),
    )
    .join("\n");
}

const SAMPLE = read("packages/cli/sample/corpus.jsonl").split("\n").slice(0, 40).join("\n");
const QUESTION = JSON.stringify({ query: "How do I undo the last commit?", relevant: ["undo"] });
const NOTES = `npx polyseme ingest - -c notes <<'END'
{"id": "undo", "text": "To undo the last commit and keep its changes, reset softly to the one before."}
{"id": "bank", "text": "The bank raised its interest rates."}
END`;
const WORDS = `npx polyseme collections create words --token-vectors int8
npx polyseme ingest sentences.jsonl -c words`;
const WITH_TOKENS = `npx polyseme collections create default --token-vectors int8
npx polyseme ingest sample.jsonl`;

/** What a page takes for granted. */
const GIVEN: Readonly<Record<string, PageOptions>> = {
  "backing-up.md": { before: NOTES },
  "collections.md": { before: `${NOTES}\nnpx polyseme collections create products-2026` },
  "evaluating.md": { files: { "test/fixtures/senses.jsonl": read("test/fixtures/senses.jsonl") } },
  "explain.md": { before: WITH_TOKENS, files: { "sample.jsonl": SAMPLE } },
  "filters.md": {
    before: `npx polyseme ingest - -c shop <<'END'
{"id": "1", "text": "A warm jacket of wool.", "metadata": {"lang": "en", "price": 60, "tags": ["wool"], "season": "2024"}}
{"id": "2", "text": "A raincoat.", "metadata": {"lang": "en", "price": 25}}
END`,
  },
  "indexes.md": { before: NOTES, files: { "questions.jsonl": QUESTION } },
  "ingesting.md": {
    files: {
      "src/a.ts": "export const a = 1;\n",
      "src/generated/b.ts": "export const b = 2;\n",
      "docs/a.md": "# A\n\nText.",
    },
  },
  "meaning.md": {
    before: `${WORDS}\n${WITH_TOKENS}`,
    files: { "sentences.jsonl": sentences(["apple"]), "sample.jsonl": SAMPLE },
  },
  "migrating.md": { before: NOTES },
  "senses.md": { files: { "sentences.jsonl": sentences(["apple"]) } },
};

const PAGES = readdirSync(join(ROOT, "docs")).filter((name) => /(?<!\.zh)\.md$/.test(name));
const blocksOf = (name: string) => readBlocks(read(`docs/${name}`)).filter(({ notRun }) => notRun === undefined);

describe("every block of the documentation", () => {
  it.each(
    PAGES.filter((name) => !FIRST_PAGES.includes(name) && blocksOf(name).some(({ language }) => language !== "text")),
  )(
    "of docs/%s works, one after the other, on a fresh server",
    async (name) => {
      const ran = await runSnippets(`docs/${name}`, { python, ...GIVEN[name] });
      expect(ran.length).toBe(blocksOf(name).length);
    },
    PAGE_MS,
  );

  it("in TypeScript has no fault of type", async () => {
    const folder = join(ROOT, "test-artefacts/snippets", `types-${process.pid}`);
    await mkdir(folder, { recursive: true });
    try {
      const files: string[] = [];
      for (const name of PAGES) {
        const modules: string[] = [];
        for (const { code } of blocksOf(name).filter(({ language }) => language === "ts"))
          if (code.startsWith("import ") || modules.length === 0) modules.push(code);
          else modules.push(`${modules.pop() ?? ""}\n${code}`);
        for (const [i, code] of modules.entries()) {
          files.push(join(folder, `${name}-${i}.ts`));
          await writeFile(files.at(-1) ?? "", code);
        }
      }
      expect(files.length).toBeGreaterThan(2);
      const program = ts.createProgram(files, {
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        allowImportingTsExtensions: true,
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        types: ["node"],
      });
      const faults = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
        const text = ts.flattenDiagnosticMessageText(messageText, "\n");
        return `${file?.fileName.split("/").at(-1) ?? ""}: ${text}`;
      });
      expect(faults).toEqual([]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("the first command of the README", () => {
  it(
    "shows a corpus pushed, searched and looked into, and leaves nothing behind",
    async () => {
      const { stdout } = await run("npm", ["run", "--silent", "demo"], { cwd: ROOT, timeout: PAGE_MS });
      expect(stdout).toMatch(/documents stored in/);
      expect(stdout).toContain("What to try next");
    },
    PAGE_MS,
  );
});
