/** Longer than the server takes a line. */
const MOST_LINE_CHARACTERS = 32 * 1024 * 1024;

/** @throws Error when a line is longer than any document may be */
export async function* readLines(
  pieces: AsyncIterable<string>,
  most = MOST_LINE_CHARACTERS,
): AsyncGenerator<{ readonly line: string; readonly number: number }> {
  let rest = "";
  let number = 0;
  for await (const piece of pieces) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > most) throw new Error(`Line ${number + lines.length + 1} is longer than ${most} characters.`);
    for (const line of lines) {
      number += 1;
      if (line.trim() !== "") yield { line: line.replace(/\r$/, ""), number };
    }
  }
  if (rest.trim() !== "") yield { line: rest.replace(/\r$/, ""), number: number + 1 };
}

/**
 * The file's text piece by piece, as it is read.
 * @param onRead told how many bytes there were by now
 * @throws TypeError when it is no UTF-8
 */
export async function* readPieces(file: Blob, onRead: (bytes: number) => void): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const reader = file.stream().getReader();
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      onRead(bytes);
      yield decoder.decode(value, { stream: true });
    }
    yield decoder.decode();
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
