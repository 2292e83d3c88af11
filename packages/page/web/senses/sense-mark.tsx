const SYMBOLS = ["circle", "square", "triangle", "diamond"] as const;
type SenseSymbol = (typeof SYMBOLS)[number];
const COLOURS = 6;
const RADIUS = 7;

/** How a sense looks, by its place in the list: colour and shape, for colour alone does not reach everybody. */
export function lookOf(place: number): { readonly className: string; readonly symbol: SenseSymbol } {
  const index = Math.max(place, 0);
  return { className: `sense-${index % COLOURS}`, symbol: SYMBOLS[index % SYMBOLS.length] ?? "circle" };
}

export function symbolPath(symbol: SenseSymbol, x: number, y: number): string {
  const r = RADIUS;
  switch (symbol) {
    case "circle":
      return `M${x - r} ${y}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0z`;
    case "square":
      return `M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z`;
    case "triangle":
      return `M${x} ${y - r}l${r} ${2 * r}h${-2 * r}z`;
    case "diamond":
      return `M${x} ${y - r}l${r} ${r}l${-r} ${r}l${-r} ${-r}z`;
    default:
      return symbol satisfies never;
  }
}

/** The sign of a sense beside its name. */
export function SenseMark({ place }: { readonly place: number }) {
  const { className, symbol } = lookOf(place);
  return (
    <svg class={`sense-mark ${className}`} viewBox="0 0 16 16" aria-hidden="true">
      <path d={symbolPath(symbol, 8, 8)} />
    </svg>
  );
}
