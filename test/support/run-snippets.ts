import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Environment } from "@polyseme/core";
import pg from "pg";
import { parse } from "yaml";
import { readBlocks, type Block } from "./snippets/read-blocks.ts";
import { openShell, ROOT, type SnippetShell } from "./snippets/shell.ts";

const run = promisify(execFile);
const BLOCK_MS = 300_000;
/** `console`: commands behind a `$`, each with what it prints; its figures are of the page's own example. */
const SHELLS = ["sh", "bash", "console"];
/** Drawings and what a command prints: nothing to run. */
const SHOWN = ["text"];
/** Every language that a block may be in, unless it says why it is not run. */
export const KNOWN_LANGUAGES = [...SHELLS, ...SHOWN, "json", "jsonl", "yaml", "sql", "ts", "python"];

export interface PageOptions {
  /** Addresses of real servers; without them the embedded stack is used, and SQL is left out. */
  readonly env?: Environment;
  /** What lies in the folder that the page is run in. */
  readonly files?: Readonly<Record<string, string>>;
  /** Shell commands for what a page takes for granted: a collection with documents. */
  readonly before?: string;
  /** Python with its client, where it can be had. */
  readonly python?: string | undefined;
}

export interface RanBlock {
  readonly block: Block;
  /** What it wrote. */
  readonly output: string;
}

const STARTS = /^ *(npm start|(npx )?polyseme serve)/m;

/**
 * Runs the blocks of a page in their order, the shell ones in one shell, with a fresh server: the page's own, or one that
 * is started before.
 * @returns the blocks that were run
 * @throws Error that names the page and the line of a block that failed
 */
export async function runSnippets(page: string, options: PageOptions = {}): Promise<RanBlock[]> {
  const blocks = readBlocks(await readFile(join(ROOT, page), "utf8")).filter(({ notRun }) => notRun === undefined);
  const shell = await openShell(options.env ?? {}, options.files ?? {});
  const done: RanBlock[] = [];
  try {
    const startsItself = blocks.some(({ language, code }) => SHELLS.includes(language) && STARTS.test(code));
    if (!startsItself || options.before !== undefined) await shell.run("polyseme serve all", BLOCK_MS);
    if (options.before !== undefined) await shell.run(options.before, BLOCK_MS);
    for (const block of blocks) {
      const output = await runBlock(block, shell, options, modulesOf(blocks, block)).catch((error: unknown) => {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${page}, line ${block.line}: ${reason}`, { cause: error });
      });
      done.push({ block, output });
    }
    return done;
  } finally {
    await shell.stop();
  }
}

async function runBlock(block: Block, shell: SnippetShell, options: PageOptions, whole: string): Promise<string> {
  const { language, code } = block;
  const url = (await shell.url()) ?? "http://127.0.0.1:8080";
  if (language === "console") return shell.run(typedIn(code), BLOCK_MS);
  if (SHELLS.includes(language)) return shell.run(code, BLOCK_MS);
  if (SHOWN.includes(language)) return "";
  switch (language) {
    case "json":
      JSON.parse(code);
      return "";
    case "jsonl":
      for (const line of code.split("\n")) JSON.parse(line);
      return "";
    case "yaml":
      parse(code);
      return "";
    case "sql":
      return options.env?.["DATABASE_URL"] === undefined ? "" : runSql(code, url, options.env["DATABASE_URL"]);
    case "ts":
      return whole === "" ? "" : runModule(whole.replaceAll("http://127.0.0.1:8080", url), block.line);
    case "python":
      if (options.python === undefined || whole === "") return "";
      return runPython(whole.replaceAll("http://127.0.0.1:8080", url), options.python);
    default:
      throw new Error(`There is no way to run a block in ${language === "" ? "no language" : language}.`);
  }
}

function typedIn(session: string): string {
  return session
    .split("\n")
    .filter((line) => line.startsWith("$ "))
    .map((line) => line.slice(2))
    .join("\n");
}

/** Blocks without imports go on with the module of the block before; the whole is run where its last one stands. */
function modulesOf(blocks: readonly Block[], block: Block): string {
  const same = blocks.filter(({ language }) => language === block.language);
  const at = same.indexOf(block);
  const begins = (one: Block | undefined): boolean => one === undefined || /^(import|from) /m.test(one.code);
  if (!begins(same[at + 1])) return "";
  let first = at;
  while (first > 0 && !begins(same[first])) first--;
  return same
    .slice(first, at + 1)
    .map(({ code }) => code)
    .join("\n");
}

/** `$1` is the vector of some text, as a program would send it. */
async function runSql(statement: string, url: string, databaseUrl: string): Promise<string> {
  const response = await fetch(`${url}/v1/embeddings`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "all-MiniLM-L6-v2", input: "monetary policy" }),
  });
  const { data } = (await response.json()) as { data: { embedding: number[] }[] };
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const values = statement.includes("$1") ? [JSON.stringify(data[0]?.embedding)] : [];
    const { rows } = await client.query<Record<string, unknown>>(statement, values);
    return JSON.stringify(rows);
  } finally {
    await client.end();
  }
}

/** In the repository's folder of artefacts, where its packages are found by their names. */
async function runModule(source: string, line: number): Promise<string> {
  const folder = join(ROOT, "test-artefacts/snippets", `${process.pid}-${line}`);
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(join(folder, "snippet.ts"), source);
    const { stdout } = await run(process.execPath, ["--import", "tsx", join(folder, "snippet.ts")], {
      cwd: ROOT,
      timeout: BLOCK_MS,
    });
    return stdout;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function runPython(source: string, python: string): Promise<string> {
  const { stdout } = await run(python, ["-c", source], {
    env: { ...process.env, PYTHONPATH: join(ROOT, "clients/python"), PYTHONDONTWRITEBYTECODE: "1" },
    timeout: BLOCK_MS,
  });
  return stdout;
}
