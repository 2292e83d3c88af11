export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly margin: number;
}

/** A point where it is drawn. */
export interface Placed<T> {
  readonly x: number;
  readonly y: number;
  readonly point: T;
}

/**
 * Fits points into a frame, from left to right. One scale for both directions, so that distances stay what they are;
 * points that are all in one place come into the middle.
 */
export function placePoints<T extends { readonly x: number; readonly y: number }>(
  points: readonly T[],
  { width, height, margin }: Frame,
): Placed<T>[] {
  const across = rangeOf(points.map(({ x }) => x));
  const down = rangeOf(points.map(({ y }) => y));
  const scale = Math.min(
    (width - 2 * margin) / (across.length || Number.MIN_VALUE),
    (height - 2 * margin) / (down.length || Number.MIN_VALUE),
  );
  const used = across.length === 0 && down.length === 0 ? 0 : scale;
  return points
    .map((point) => ({
      // From the end of the range, not its middle, which numbers near each other have no room for between them.
      x: width / 2 + (point.x - across.least - across.length / 2) * used,
      // Upwards on paper is downwards on a screen.
      y: height / 2 - (point.y - down.least - down.length / 2) * used,
      point,
    }))
    .sort((a, b) => a.x - b.x);
}

function rangeOf(values: readonly number[]): { readonly least: number; readonly length: number } {
  if (values.length === 0) return { least: 0, length: 0 };
  const least = Math.min(...values);
  return { least, length: Math.max(...values) - least };
}
