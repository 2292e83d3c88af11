import { renderTable } from "../table.ts";
import { plural, printable, type Terminal } from "../terminal.ts";
import { kindsOfMistakes } from "./mistake-kinds.ts";
import { showEstimate } from "./print-retrieval.ts";
import {
  RULES,
  VECTORS,
  type Mistake,
  type Rule,
  type SenseReport,
  type SenseScores,
  type VectorKind,
} from "./score-senses.ts";
import type { Use } from "./uses.ts";

const COLUMNS = VECTORS.flatMap((kind) => RULES.map((rule) => ({ kind, rule })));

/** A row a word and their mean, then every mistake of the contextual vectors, by kind. */
export function printSenses({ words, accuracy, mistakes, asked }: SenseReport, out: Terminal): void {
  const columns = [
    { title: "word" },
    { title: "senses", align: "right" },
    { title: "known", align: "right" },
    { title: "asked", align: "right" },
    ...COLUMNS.map(({ kind, rule }) => ({ title: titleOf(kind, rule), align: "right" }) as const),
  ] as const;
  const rows = words.map(({ word, senses, labelled, asked: askedOfWord, accuracy: ofWord }) => [
    word,
    String(senses),
    String(labelled),
    String(askedOfWord),
    ...cells(ofWord, (value) => value.toFixed(3)),
  ]);
  const total = ["mean over words", "", "", String(asked), ...cells(accuracy, showEstimate)];
  for (const line of renderTable(columns, [...rows, total], out)) out.line(line);
  for (const rule of RULES) printMistakes(rule, mistakes, out);
}

function cells<T>(scores: SenseScores<T>, show: (score: T) => string): string[] {
  return COLUMNS.map(({ kind, rule }) => show(scores[kind][rule]));
}

function titleOf(kind: VectorKind, rule: Rule): string {
  return `${kind}, ${nameOfRule(rule)}`;
}

function nameOfRule(rule: Rule): string {
  switch (rule) {
    case "use":
      return "nearest use";
    case "centroid":
      return "centroid";
    default:
      throw new Error(`Unknown rule ${String(rule satisfies never)}`);
  }
}

function printMistakes(rule: Rule, all: readonly Mistake[], out: Terminal): void {
  const kinds = kindsOfMistakes(all.filter((mistake) => mistake.rule === rule));
  const count = kinds.reduce((sum, { mistakes }) => sum + mistakes.length, 0);
  out.line();
  out.line(out.colors.bold(`${plural(count, "mistake")} by ${nameOfRule(rule)}`));
  for (const { word, sense, predicted, mistakes } of kinds) {
    out.line(`${printable(word)}: ${printable(sense)}, taken for ${printable(predicted)} (${mistakes.length})`);
    for (const { use, nearest, similarity } of mistakes) {
      out.line(`  ${marked(use, out)}`);
      out.line(`    ${similarity.toFixed(3)}  ${marked(nearest, out)}`);
    }
  }
}

/** The text with its word marked: in colour on a terminal, in brackets elsewhere. */
function marked({ text, start, end }: Use, out: Terminal): string {
  const word = printable(text.slice(start, end));
  const shown = out.colors.isColorSupported ? out.colors.bold(word) : `[${word}]`;
  return `${printable(text.slice(0, start))}${shown}${printable(text.slice(end))}`;
}
