/** One place that apt fetches packages from. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** File of the key that signs it; undefined: any key apt trusts. */
  readonly signedBy: string | undefined;
}

/** Reads the format of `sources.list`: `deb [options] address suite component...`, one a line. */
export function parseOneLine(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)((?:\s+[^\s#]+)*)/.exec(line);
    if (match === null) return [];
    const [, options = "", uri = "", suite = "", components = ""] = match;
    return [{ uri, suite, components: words(components), signedBy: /signed-by=(\S+)/i.exec(options)?.[1] }];
  });
}

/** Reads the format of `*.sources`: stanzas of `Field: values`, every address with every suite. */
export function parseDeb822(text: string): AptSource[] {
  const uncommented = text.split("\n").filter((line) => !line.startsWith("#"));
  return uncommented
    .join("\n")
    .split(/\n\s*\n/)
    .flatMap((stanza) => {
      const fields = fieldsOf(stanza);
      if (!words(fields.get("types")).includes("deb")) return [];
      if (/^(no|false|off|0|disable)$/i.test(fields.get("enabled")?.trim() ?? "")) return [];
      const components = words(fields.get("components"));
      const signedBy = fields.get("signed-by")?.trim();
      return words(fields.get("uris")).flatMap((uri) =>
        words(fields.get("suites")).map((suite) => ({ uri, suite, components, signedBy })),
      );
    });
}

/**
 * The sources among these that are the distribution's own archive: its plain suite, its `main`, and a key that is either
 * its own or not named. What third parties add for the same release is told apart by their keys.
 */
export function ownArchive(sources: readonly AptSource[], distribution: string, codename: string): AptSource[] {
  const own = sources.filter(
    ({ uri, suite, components, signedBy }) =>
      suite === codename &&
      components.includes("main") &&
      !uri.includes("security") &&
      (signedBy === undefined || signedBy.startsWith(`/usr/share/keyrings/${distribution}-archive-`)),
  );
  return own.filter((source, index) => own.findIndex(({ uri }) => uri === source.uri) === index);
}

/** A line for `sources.list` with the source packages of another release on the same mirror. */
export function sourcePackagesLine(source: AptSource, suite: string, components: readonly string[]): string {
  const options = source.signedBy === undefined ? "" : `[signed-by=${source.signedBy}] `;
  return `deb-src ${options}${source.uri} ${suite} ${components.join(" ")}\n`;
}

function fieldsOf(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = "";
  for (const line of stanza.split("\n")) {
    const field = /^([A-Za-z0-9-]+):(.*)$/.exec(line);
    if (field !== null) {
      name = (field[1] ?? "").toLowerCase();
      fields.set(name, field[2] ?? "");
    } else if (/^\s/.test(line) && name !== "") {
      fields.set(name, `${fields.get(name) ?? ""} ${line.trim()}`);
    }
  }
  return fields;
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter((word) => word !== "");
}
