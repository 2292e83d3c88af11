import type { SensesAnswer } from "@polyseme/client";
import { renderMarked } from "./mark-span.ts";
import { plural, printable, type Terminal } from "./terminal.ts";

const INDENT = " ".repeat(4);
const SHOWN_CONTEXTS = 3;
const BAR_WIDTH = 24;
const PICTURE_ROWS = 12;
const LARGEST_PICTURE = 64;

/** The senses with their shares, sentences and neighbours; then the uses on a plane, each as its sense's number. */
export function printSenses(answer: SensesAnswer, out: Terminal): void {
  const { word, uses, senses, similarity, rule } = answer;
  if (uses === 0) return;
  const more = answer.truncated ? " (there are more)" : "";
  out.line(out.colors.bold(`${printable(word)}: ${plural(uses, "use")}${more} in ${plural(senses.length, "sense")}`));
  for (const { id, size, share, cohesion, contexts, neighbours } of senses) {
    const bar = "█".repeat(Math.max(1, Math.round(share * BAR_WIDTH))).padEnd(BAR_WIDTH);
    out.line();
    out.line(`${signOf(id)}  ${bar} ${plural(size, "use")}, ${percent(share)}, cohesion ${cohesion.toFixed(2)}`);
    for (const { sentence, start, end } of contexts.slice(0, SHOWN_CONTEXTS)) {
      const span = { start: start - sentence.start, end: end - sentence.start };
      out.line(`${INDENT}${renderMarked(sentence.text, span, { width: out.width() - INDENT.length, out })}`);
    }
    if (neighbours.length > 0)
      out.line(`${INDENT}${out.colors.dim(`near: ${neighbours.map((one) => printable(one.word)).join(", ")}`)}`);
  }
  out.line();
  for (const line of pictureOf(answer.points, Math.min(LARGEST_PICTURE, out.width() - INDENT.length)))
    out.line(`${INDENT}${line}`);
  out.line();
  out.line("mean cosine of two uses of the word:");
  out.line(`${INDENT}same sense ${figure(similarity.within)}, different senses ${figure(similarity.across)}`);
  out.line(`${INDENT}static vectors ${figure(similarity.static)}, which know nothing of the sentence`);
  out.line(out.colors.dim(`${INDENT}${rule.text}`));
}

/** Lines of a picture; where several uses fall on one place, the last sense is shown. */
export function pictureOf(points: SensesAnswer["points"], width: number): string[] {
  if (points.length < 2 || width < 2) return [];
  const rows = Array.from({ length: PICTURE_ROWS }, () => new Array<string>(width).fill(" "));
  const place = (value: number, all: readonly number[], size: number): number => {
    const least = Math.min(...all);
    const span = Math.max(...all) - least;
    return span === 0 ? 0 : Math.round(((value - least) / span) * (size - 1));
  };
  const xs = points.map(({ x }) => x);
  const ys = points.map(({ y }) => y);
  for (const { x, y, sense } of points) {
    const row = rows[PICTURE_ROWS - 1 - place(y, ys, PICTURE_ROWS)];
    if (row !== undefined) row[place(x, xs, width)] = signOf(sense);
  }
  return rows.map((row) => row.join("").trimEnd());
}

function signOf(sense: number): string {
  return String(sense + 1);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function figure(value: number | null): string {
  return value === null ? "–" : value.toFixed(3);
}
