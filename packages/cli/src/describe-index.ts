import type { CollectionIndex } from "@polyseme/client";

/** How a collection is searched, in a line, and a line for each index that is there. */
export function describeIndex({ vector, precision, recall, built, measured }: CollectionIndex): string[] {
  const graph = measured?.graph;
  const how =
    measured === undefined
      ? "not measured yet"
      : `exact in ${measured.exactMs.toFixed(1)} ms` +
        (graph === undefined
          ? ""
          : `, by the graph in ${graph.ms.toFixed(1)} ms with ${graph.recall.toFixed(3)} of the exact answer (ef_search ${graph.efSearch})`);
  return [
    `index ${vector}, precision ${precision}, recall ${recall}: ${how}`,
    ...built.map(
      ({ name, state, progress, bytes }) =>
        `  ${name}: ${state}${progress === undefined ? "" : ` ${Math.floor(100 * progress)} %`}, ${(bytes / 1024 ** 2).toFixed(1)} MB`,
    ),
  ];
}
