/** A fenced block of a Markdown page. */
export interface Block {
  /** The line of its opening fence, from 1. */
  readonly line: number;
  /** What stands behind the fence; empty: nothing does. */
  readonly language: string;
  readonly code: string;
  /** Why no test runs it: from a comment `<!-- not run: why -->` before it. */
  readonly notRun: string | undefined;
}

const FENCE = /^( *)```(\w*)\s*$/;
const REASON = /^ *<!-- not run: (.+) -->$/;

/** The fenced blocks of a page in their order. @throws Error for one that does not end */
export function readBlocks(markdown: string): Block[] {
  const lines = markdown.split("\n");
  const blocks: Block[] = [];
  let reason: string | undefined;
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const fence = FENCE.exec(line);
    if (fence === null) {
      // An empty line may stand between a comment and its block.
      if (line.trim() !== "") reason = REASON.exec(line)?.[1];
      continue;
    }
    const [, indent = "", language = ""] = fence;
    const end = lines.findIndex((one, at) => at > i && one.trim() === "```");
    if (end < 0) throw new Error(`The block in line ${i + 1} has no end.`);
    const code = lines.slice(i + 1, end).map((one) => (one.startsWith(indent) ? one.slice(indent.length) : one));
    blocks.push({ line: i + 1, language, code: code.join("\n"), notRun: reason });
    reason = undefined;
    i = end;
  }
  return blocks;
}
