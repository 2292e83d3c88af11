const MOST_ROW_CHARACTERS = 32 * 1024 * 1024;

/**
 * Rows of comma-separated values (RFC 4180): quoted cells may hold commas, line ends and doubled quotes. Empty lines are
 * left out. Holds one row at a time.
 * @throws Error when a row is longer than any document may be, or a quoted cell has no end
 */
export async function* csvRows(pieces: AsyncIterable<string>): AsyncGenerator<string[]> {
  let row: string[] = [];
  let cell = "";
  let size = 0;
  let isQuoted = false;
  // A quote in a quoted cell ends it, or is the first of two.
  let hadQuote = false;
  const endRow = (): string[] | undefined => {
    row.push(cell.endsWith("\r") ? cell.slice(0, -1) : cell);
    const ended = row;
    row = [];
    cell = "";
    size = 0;
    return ended.length === 1 && ended[0] === "" ? undefined : ended;
  };
  for await (const piece of pieces)
    for (const character of piece) {
      size += 1;
      if (size > MOST_ROW_CHARACTERS) throw new Error(`A row is longer than ${MOST_ROW_CHARACTERS} characters.`);
      if (isQuoted && !hadQuote) {
        if (character === '"') hadQuote = true;
        else cell += character;
      } else if (character === '"' && (hadQuote || cell === "")) {
        if (hadQuote) cell += '"';
        isQuoted = true;
        hadQuote = false;
      } else {
        isQuoted = false;
        hadQuote = false;
        if (character === ",") {
          row.push(cell);
          cell = "";
        } else if (character === "\n") {
          const ended = endRow();
          if (ended !== undefined) yield ended;
        } else if (character !== "\uFEFF" || size > 1) cell += character;
      }
    }
  if (isQuoted && !hadQuote) throw new Error("A quoted cell has no end.");
  const last = cell !== "" || row.length > 0 ? endRow() : undefined;
  if (last !== undefined) yield last;
}
