import type { ExplainedToken, SearchHit, SensesAnswer, WordUse } from "@polyseme/client";

export type { ExplainedToken, SensesAnswer, WordUse };
export type Hit = SearchHit;
export type Sense = SensesAnswer["senses"][number];

/** All offsets are UTF-16 code units, `[start, end)`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}
