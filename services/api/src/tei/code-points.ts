/**
 * UTF-16 offsets into a text as code points, which other languages count in. Offsets must be asked for in rising order:
 * the text is then read once.
 */
export function makeCodePoints(text: string): (offset: number) => number {
  let at = 0;
  let points = 0;
  return (offset) => {
    while (at < offset) {
      at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1;
      points += 1;
    }
    return points;
  };
}
