/** What a file of an export is, by its name; standard output and input are NDJSON. */
export type FileKind = "ndjson" | "ndjson.gz" | "parquet";

const BY_ENDING: readonly (readonly [ending: string, kind: FileKind])[] = [
  [".ndjson.gz", "ndjson.gz"],
  [".jsonl.gz", "ndjson.gz"],
  [".ndjson", "ndjson"],
  [".jsonl", "ndjson"],
  [".parquet", "parquet"],
];

/** @throws Error that names the endings which are known */
export function fileKind(path: string): FileKind {
  const found = BY_ENDING.find(([ending]) => path.toLowerCase().endsWith(ending));
  if (found !== undefined) return found[1];
  throw new Error(`"${path}" says not what it is. Name it ${BY_ENDING.map(([ending]) => ending).join(", ")}.`);
}
