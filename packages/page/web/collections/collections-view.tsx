import type { Collection } from "@polyseme/client";
import { useState } from "preact/hooks";
import { formatAddress } from "../address.ts";
import { Empty } from "../parts/empty.tsx";
import { Status } from "../parts/notes.tsx";
import { count, showBytes, showNumber } from "../parts/numbers.ts";
import { StatesBar } from "../parts/states-bar.tsx";
import { usePoll } from "../parts/use-poll.ts";
import type { ViewProps } from "../view.ts";
import { CollectionPage } from "./collection-page.tsx";
import { CreateForm } from "./create-form.tsx";

const LOOK_EVERY_MS = 4_000;

/** All collections, or the one that the address names. */
export function CollectionsView({ server, active, collections, onCollectionsChanged, values, onValues }: ViewProps) {
  const [making, setMaking] = useState(false);
  usePoll({ active, everyMs: LOOK_EVERY_MS, again: [server] }, onCollectionsChanged);
  const { name } = values;
  if (name !== undefined)
    return (
      <CollectionPage
        key={name}
        server={server}
        name={name}
        collection={collections?.find((known) => known.name === name)}
        isLoading={collections === undefined}
        onChanged={onCollectionsChanged}
        onLeave={() => {
          onValues({});
        }}
      />
    );
  return (
    <>
      <div class="view-head">
        <h2>Collections</h2>
        {!making && (
          <button
            type="button"
            class="primary"
            onClick={() => {
              setMaking(true);
            }}
          >
            New collection
          </button>
        )}
      </div>
      {making && (
        <CreateForm
          server={server}
          onCancel={() => {
            setMaking(false);
          }}
          onMade={(made) => {
            setMaking(false);
            onCollectionsChanged();
            onValues({ name: made });
          }}
        />
      )}
      <Status text={collections === undefined ? "" : `${count(collections.length, "collection")}.`} />
      {collections?.length === 0 && !making && (
        <Empty title="No collections yet">
          <p>
            Make one above, or <a href={formatAddress({ tab: "push", values: {} })}>push files</a>: the first push makes
            its collection.
          </p>
        </Empty>
      )}
      <ul class="cards">
        {collections?.map((collection) => (
          <CollectionCard key={collection.name} collection={collection} />
        ))}
      </ul>
    </>
  );
}

function CollectionCard({ collection }: { readonly collection: Collection }) {
  const { name, documents, chunks, model, dimensions, aliases } = collection;
  const bytes = indexBytes(collection);
  return (
    <li class="card collection">
      <div class="collection-name">
        <h3>
          <a href={formatAddress({ tab: "collections", values: { name } })}>{name}</a>
        </h3>
        <p class="note">
          {model}, {dimensions} dimensions
          {aliases.length > 0 && <> · also {aliases.join(", ")}</>}
        </p>
      </div>
      <StatesBar counts={documents} />
      <dl class="figures">
        <div>
          <dt>Documents</dt>
          <dd>{showNumber(documents.total)}</dd>
        </div>
        <div>
          <dt>Chunks</dt>
          <dd>{showNumber(chunks)}</dd>
        </div>
        <div>
          <dt>Indexes</dt>
          <dd>
            {showIndex(collection)}
            {bytes > 0 && ` · ${showBytes(bytes)}`}
          </dd>
        </div>
      </dl>
    </li>
  );
}

/** How its vectors are searched now. */
function showIndex({ index }: Collection): string {
  const graph = index.built.find(({ kind }) => kind === "vector");
  if (graph === undefined) return "exact";
  return graph.state === "ready" ? "HNSW" : `HNSW ${graph.state}`;
}

function indexBytes({ index }: Collection): number {
  return index.built.reduce((sum, { bytes }) => sum + bytes, 0);
}
