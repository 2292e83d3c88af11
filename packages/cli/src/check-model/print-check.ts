import { renderTable } from "../table.ts";
import { plural, type Terminal } from "../terminal.ts";
import type { Check, CheckedText } from "./compare.ts";

const MOST_ROWS = 20;
const TEXT_CHARACTERS = 44;

/** A row a text, the worst first where there are many, and the figures of all of them. */
export function printCheck(check: Check, { name, against }: { name: string; against: string }, out: Terminal): void {
  const right = (title: string): { title: string; align: "right" } => ({ title, align: "right" });
  const columns = [
    { title: "text" },
    right("tokens"),
    { title: "ids" },
    right("cosine alone"),
    right("cosine in a batch"),
  ] as const;
  const isLong = check.texts.length > MOST_ROWS;
  const shown = isLong ? [...check.texts].sort((a, b) => worth(a) - worth(b)).slice(0, MOST_ROWS) : check.texts;
  const rows = shown.map((text) => [
    nameOf(text),
    String(text.tokens),
    text.sameIds === undefined ? "-" : text.sameIds ? "same" : "OTHER",
    text.alone.toFixed(7),
    text.batched.toFixed(7),
  ]);
  for (const line of renderTable(columns, rows, out)) out.line(line);
  if (isLong) out.line(`and ${plural(check.texts.length - MOST_ROWS, "better text")}`);
  out.line();
  const { ids, alone, batched } = check;
  out.line(`${name} against ${against}, ${plural(check.texts.length, "text")}:`);
  out.line(`  cosine alone       mean ${alone.mean.toFixed(7)}, min ${alone.min.toFixed(7)}`);
  out.line(`  cosine in a batch  mean ${batched.mean.toFixed(7)}, min ${batched.min.toFixed(7)}`);
  out.line(`  alone to in a batch, largest difference of a number: ${check.mostDifference.toExponential(1)}`);
  out.line(
    ids.compared === 0
      ? "  token ids: the reference gives none"
      : `  token ids: ${ids.compared - ids.different} of ${ids.compared} the same`,
  );
}

function worth({ sameIds, alone, batched }: CheckedText): number {
  return Math.min(alone, batched) - (sameIds === false ? 2 : 0);
}

function nameOf({ text, prompt }: CheckedText): string {
  const short = [...text];
  const cut = short.length > TEXT_CHARACTERS ? `${short.slice(0, TEXT_CHARACTERS - 1).join("")}…` : text;
  return `${prompt === undefined ? "" : `[${prompt}] `}${text === "" ? "(empty)" : cut}`;
}
