export { planWords, queryWords, type WantedWord, type WordCounts } from "./plan-words.ts";
export { wordsThatCount } from "./query-words.ts";
export { searchWords, type WordQuery } from "./search-words.ts";
export { textConfig, type TextConfig } from "./text-config.ts";
export { textIndex, textIndexes, type TextFacts } from "./text-indexes.ts";
export { makeWordKnowledge, type KnownWords, type WordKnowledge } from "./word-knowledge.ts";
