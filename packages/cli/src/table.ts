import type { Terminal } from "./terminal.ts";
import { printable } from "./terminal.ts";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

/** Lines of a table with its columns as wide as their widest cell; the header is bold where colour is on. */
export function renderTable(columns: readonly Column[], rows: readonly (readonly string[])[], out: Terminal): string[] {
  const cells = rows.map((row) => row.map(printable));
  const widths = columns.map(({ title }, i) => Math.max(title.length, ...cells.map((row) => (row[i] ?? "").length)));
  const render = (row: readonly string[]): string =>
    columns
      .map(({ align }, i) => {
        const cell = row[i] ?? "";
        return align === "right" ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0);
      })
      .join("  ")
      .trimEnd();
  return [out.colors.bold(render(columns.map(({ title }) => title))), ...cells.map(render)];
}
