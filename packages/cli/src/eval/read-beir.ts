import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { messageOf } from "@polyseme/core";
import type { Faults } from "./faults.ts";
import type { Question } from "./questions.ts";
import { readObjectLines, textField } from "./read-lines.ts";
import { readText } from "../sources/read-text.ts";

const QUERIES = "queries.jsonl";
const QRELS = "qrels";
const USUAL_SPLIT = "test";
const TSV = ".tsv";

/**
 * The questions of a folder in BEIR's layout (https://github.com/beir-cellar/beir): `queries.jsonl` with lines
 * `{"_id", "text"}` and `qrels/SPLIT.tsv` with lines `query-id TAB corpus-id TAB score` below a header. Queries that the
 * split does not judge are left out, as BEIR does.
 * @param split undefined: `test`, or the only one there is
 */
export async function readBeir(folder: string, split: string | undefined, faults: Faults): Promise<Question[]> {
  const queries = new Map<string, string>();
  for (const line of await readObjectLines(join(folder, QUERIES), QUERIES, faults)) {
    const id = textField(line, "_id", faults);
    const text = textField(line, "text", faults);
    if (id === undefined || text === undefined) continue;
    if (queries.has(id)) faults.add(line.origin, `"_id" ${JSON.stringify(id)} is there twice.`);
    queries.set(id, text);
  }
  const name = await chooseSplit(join(folder, QRELS), split);
  const judged = await readQrels(join(folder, QRELS, name), `${QRELS}/${name}`, queries, faults);
  return [...judged].map(([id, grades]) => ({ id, query: queries.get(id) ?? "", grades, answers: [] }));
}

async function chooseSplit(folder: string, split: string | undefined): Promise<string> {
  const files = await readdir(folder).catch((error: unknown) => {
    throw new Error(
      `A folder of labelled questions needs ${QUERIES} and ${QRELS}/*${TSV} (BEIR's layout): ${messageOf(error)}`,
      { cause: error },
    );
  });
  const splits = files.filter((file) => file.endsWith(TSV)).map((file) => basename(file, TSV));
  const wanted = split ?? (splits.length === 1 ? splits[0] : USUAL_SPLIT);
  if (wanted !== undefined && splits.includes(wanted)) return `${wanted}${TSV}`;
  const there = splits.length === 0 ? `no ${TSV} file` : splits.sort().join(", ");
  throw new Error(`${folder} has no split "${wanted ?? ""}" but ${there}. Choose one with --split.`);
}

async function readQrels(
  path: string,
  name: string,
  queries: ReadonlyMap<string, string>,
  faults: Faults,
): Promise<Map<string, Map<string, number>>> {
  const judged = new Map<string, Map<string, number>>();
  const item = await readText({ path, id: name, isGiven: true });
  if ("problem" in item) {
    faults.add(name, item.problem.message);
    return judged;
  }
  for (const [index, line] of String(item.document["text"]).split(/\r?\n/).entries()) {
    const origin = `${name}:${index + 1}`;
    const [query = "", document = "", score = "", ...more] = line.split("\t");
    if (line.trim() === "" || (index === 0 && Number.isNaN(Number(score)))) continue;
    const grade = Number(score);
    if (query === "" || document === "" || score.trim() === "" || more.length > 0 || !Number.isFinite(grade))
      faults.add(origin, "The line must be query-id TAB corpus-id TAB score.");
    else if (!queries.has(query)) faults.add(origin, `${QUERIES} has no query ${JSON.stringify(query)}.`);
    else {
      const grades = judged.get(query) ?? new Map<string, number>();
      judged.set(query, grades.set(document, grade));
    }
  }
  return judged;
}
