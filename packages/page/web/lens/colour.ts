/** An RGB colour, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Cividis: even steps in lightness, and alike to people with and without a colour vision deficiency. */
const CIVIDIS: readonly Colour[] = [
  [0, 34, 78],
  [18, 53, 112],
  [59, 73, 108],
  [87, 93, 109],
  [112, 113, 115],
  [138, 134, 120],
  [165, 156, 116],
  [195, 179, 105],
  [225, 204, 85],
  [254, 232, 56],
];
const BLACK: Colour = [0, 0, 0];
const WHITE: Colour = [255, 255, 255];

/** The colour of a similarity from 0 (and below) to 1, and the ink that can be read on it. */
export function colourOf(similarity: number): { readonly paper: Colour; readonly ink: Colour } {
  const place = Math.min(Math.max(similarity, 0), 1) * (CIVIDIS.length - 1);
  const from = CIVIDIS[Math.floor(place)] ?? BLACK;
  const to = CIVIDIS[Math.ceil(place)] ?? BLACK;
  const part = place - Math.floor(place);
  const mix = (index: 0 | 1 | 2): number => Math.round(from[index] + (to[index] - from[index]) * part);
  const paper: Colour = [mix(0), mix(1), mix(2)];
  return { paper, ink: contrast(paper, WHITE) >= contrast(paper, BLACK) ? WHITE : BLACK };
}

export function cssColour([red, green, blue]: Colour): string {
  return `rgb(${red} ${green} ${blue})`;
}

/** The contrast ratio of WCAG, 1 to 21. */
export function contrast(a: Colour, b: Colour): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Colour): number {
  const [red, green, blue] = colour.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
