const ASTRAL = /[\u{10000}-\u{10ffff}]/u;

export interface Offsets {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/**
 * Offsets in code points, as native tokenizers count, turned into UTF-16 units, as JavaScript strings do.
 * Text without characters above U+FFFF gives the offsets back unchanged; a lone surrogate counts as one of each.
 * Offsets past the text's end become its end.
 */
export function toUtf16Offsets(text: string, offsets: Offsets): Offsets {
  if (!ASTRAL.test(text)) return offsets;
  const unitOf = unitsOfCodePoints(text);
  const convert = (codePoint: number): number => unitOf[Math.min(codePoint, unitOf.length - 1)] ?? text.length;
  return { starts: offsets.starts.map(convert), ends: offsets.ends.map(convert) };
}

/** Where each code point starts, with the text's length behind the last. */
function unitsOfCodePoints(text: string): Int32Array {
  const units = new Int32Array(text.length + 1);
  let count = 0;
  for (let unit = 0; unit < text.length; unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1) units[count++] = unit;
  units[count] = text.length;
  return units.subarray(0, count + 1);
}
