/** What the hash of the page's address says: `#/search?collection=notes&query=tides`. It never leaves the browser. */
export interface Address {
  /** "" when the address names none. */
  readonly tab: string;
  readonly values: Readonly<Record<string, string>>;
}

export function parseAddress(hash: string): Address {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s, 2);
  return { tab: path, values: Object.fromEntries(new URLSearchParams(query)) };
}

/** Values that are empty are left out. */
export function formatAddress({ tab, values }: Address): string {
  const given = Object.entries(values).filter(([, value]) => value !== "");
  const query = new URLSearchParams(given).toString();
  return `#/${tab}${query === "" ? "" : `?${query}`}`;
}
