import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { isRecord, messageOf } from "@polyseme/core";
import { Faults } from "./faults.ts";
import type { Grades } from "./ndcg.ts";
import { keepAnswerable, type AnswerPlace, type Question, type QuestionSet } from "./questions.ts";
import { readBeir } from "./read-beir.ts";
import { readObjectLines, textField, type ObjectLine } from "./read-lines.ts";

/**
 * Labelled questions: a folder in BEIR's layout, or an NDJSON file with lines
 * `{"query": …, "relevant": ["docId", …] | {"docId": grade, …}, "id"?: …, "answer"?: {docId, quote} | [{docId, quote}, …]}`.
 * @param split which of a folder's qrels; undefined: `test`, or the only one
 * @throws Error that names what cannot be used, by file and line
 */
export async function readQuestions(path: string, split: string | undefined): Promise<QuestionSet> {
  const kind = await stat(path).catch((error: unknown) => {
    throw new Error(`There are no labelled data at ${path}: ${messageOf(error)}`, { cause: error });
  });
  const faults = new Faults();
  const all = kind.isDirectory() ? await readBeir(path, split, faults) : await readQuestionLines(path, faults);
  faults.throwIfAny();
  const set = keepAnswerable(all);
  if (set.questions.length === 0) throw new Error(`${path} holds no question with a relevant document.`);
  return set;
}

async function readQuestionLines(path: string, faults: Faults): Promise<Question[]> {
  const questions: Question[] = [];
  const origins = new Map<string, string>();
  for (const line of await readObjectLines(path, basename(path), faults)) {
    const query = textField(line, "query", faults);
    const grades = readRelevant(line, faults);
    const answers = readAnswers(line, faults);
    const id = line.value["id"] === undefined ? line.origin : textField(line, "id", faults);
    if (query === undefined || grades === undefined || answers === undefined || id === undefined) continue;
    const earlier = origins.get(id);
    if (earlier !== undefined) faults.add(line.origin, `"id" ${JSON.stringify(id)} is that of ${earlier}, too.`);
    origins.set(id, line.origin);
    questions.push({ id, query, grades, answers });
  }
  return questions;
}

function readRelevant({ value, origin }: ObjectLine, faults: Faults): Grades | undefined {
  const { relevant } = value;
  if (Array.isArray(relevant) && relevant.length > 0 && relevant.every((id) => typeof id === "string" && id !== ""))
    return new Map((relevant as string[]).map((id) => [id, 1]));
  if (isRecord(relevant)) {
    const wrong = Object.entries(relevant).find(([, grade]) => !isGrade(grade));
    if (wrong === undefined) return new Map(Object.entries(relevant) as [string, number][]);
    faults.add(origin, `The grade of ${JSON.stringify(wrong[0])} must be a number from 0 up.`);
  } else faults.add(origin, '"relevant" must be a list of document ids or an object {"document id": grade}.');
  return undefined;
}

function isGrade(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function readAnswers({ value, origin }: ObjectLine, faults: Faults): AnswerPlace[] | undefined {
  const { answer } = value;
  if (answer === undefined) return [];
  const all: readonly unknown[] = Array.isArray(answer) ? answer : [answer];
  if (all.every(isPlace)) return all.map(({ docId, quote }) => ({ docId, quote }));
  faults.add(origin, '"answer" must be {"docId": …, "quote": …}, or a list of such.');
  return undefined;
}

function isPlace(value: unknown): value is AnswerPlace {
  return (
    isRecord(value) && ["docId", "quote"].every((field) => typeof value[field] === "string" && value[field] !== "")
  );
}
