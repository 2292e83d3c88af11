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
      x: width / 2 + (point.x - across.middle) * used,
      // Upwards on paper is downwards on a screen.
      y: height / 2 - (point.y - down.middle) * used,
      point,
    }))
    .sort((a, b) => a.x - b.x);
}

function rangeOf(values: readonly number[]): { readonly middle: number; readonly length: number } {
  if (values.length === 0) return { middle: 0, length: 0 };
  const least = Math.min(...values);
  const most = Math.max(...values);
  return { middle: (least + most) / 2, length: most - least };
}
