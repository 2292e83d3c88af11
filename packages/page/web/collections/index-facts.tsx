import type { Collection } from "@polyseme/client";
import { Facts } from "../parts/facts.tsx";
import { showBytes, showNumber, showShare } from "../parts/numbers.ts";
import { Time } from "../parts/time.tsx";

/** How a collection is indexed, what is built of it, and what searches were measured to take. */
export function IndexFacts({ collection: { index } }: { readonly collection: Collection }) {
  const { built, measured, metadata } = index;
  return (
    <div class="card">
      <h3>Indexes</h3>
      <Facts
        facts={[
          { name: "Vectors", value: index.vector },
          { name: "Precision", value: index.precision },
          { name: "Recall wanted", value: String(index.recall) },
          { name: "Text", value: index.text },
          { name: "Metadata", value: showMetadata(metadata) },
        ]}
      />
      {built.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Built indexes">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Index</th>
                <th scope="col">Kind</th>
                <th scope="col">State</th>
                <th scope="col" class="number">
                  Size
                </th>
              </tr>
            </thead>
            <tbody>
              {built.map(({ kind, name, state, progress, bytes }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{kind}</td>
                  <td>
                    {state}
                    {progress !== undefined && ` ${showShare(progress)}`}
                  </td>
                  <td class="number">{showBytes(bytes)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {measured !== undefined && (
        <p class="note">
          Measured <Time iso={measured.at} /> on {showNumber(measured.chunks)} chunks: an exact search takes{" "}
          {measured.exactMs.toFixed(1)} ms in Postgres
          {measured.graph !== undefined &&
            `; the graph ${measured.graph.ms.toFixed(1)} ms with a recall of ${measured.graph.recall.toFixed(3)} (ef_search ${measured.graph.efSearch})`}
          .
        </p>
      )}
    </div>
  );
}

function showMetadata(metadata: Collection["index"]["metadata"]): string {
  if (Array.isArray(metadata)) return metadata.length === 0 ? "not indexed" : metadata.join(", ");
  return metadata === true ? "all fields" : "not indexed";
}
