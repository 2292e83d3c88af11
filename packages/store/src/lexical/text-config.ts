/** Languages that Postgres stems, by the first part of their tag. */
const CONFIGS: Readonly<Record<string, string>> = {
  ar: "arabic",
  ca: "catalan",
  da: "danish",
  de: "german",
  el: "greek",
  en: "english",
  es: "spanish",
  eu: "basque",
  fi: "finnish",
  fr: "french",
  ga: "irish",
  hi: "hindi",
  hu: "hungarian",
  hy: "armenian",
  id: "indonesian",
  it: "italian",
  lt: "lithuanian",
  nb: "norwegian",
  ne: "nepali",
  nl: "dutch",
  nn: "norwegian",
  no: "norwegian",
  pt: "portuguese",
  ro: "romanian",
  ru: "russian",
  sr: "serbian",
  sv: "swedish",
  ta: "tamil",
  tr: "turkish",
  yi: "yiddish",
};

/** How a collection's texts are made into words. */
export interface TextConfig {
  /** Part of an index's name. */
  readonly name: string;
  /** With its schema, safe in SQL text. */
  readonly qualified: string;
}

const PLAIN: TextConfig = { name: "plain", qualified: "polyseme_store.plain" };

/**
 * The text search configuration of a language. Without a language, and in Chinese, Japanese, Korean and others that
 * Postgres cannot stem: words of ASCII letters as English ones, all others whole.
 * @param language a tag such as `en` or `pt-BR`
 */
export function textConfig(language: string | null): TextConfig {
  const tag = language?.toLowerCase().split("-")[0] ?? "";
  // A language is whatever a caller set, and this ends in SQL: an object's inherited names are none of its own.
  const name = Object.hasOwn(CONFIGS, tag) ? CONFIGS[tag] : undefined;
  return name === undefined ? PLAIN : { name, qualified: `pg_catalog.${name}` };
}

/** What a text can be found by, as SQL; written alike wherever the index is to be used. */
export function wordEntries({ qualified }: TextConfig, text: string): string {
  return `polyseme_store.word_entries('${qualified}'::regconfig, ${text})`;
}
