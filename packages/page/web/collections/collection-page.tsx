import type { Collection } from "@polyseme/client";
import { formatAddress } from "../address.ts";
import { ConfirmButton } from "../parts/confirm-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Facts } from "../parts/facts.tsx";
import { showNumber, showSeconds, showShare } from "../parts/numbers.ts";
import { StatesBar } from "../parts/states-bar.tsx";
import { Time } from "../parts/time.tsx";
import type { Server } from "../server.ts";
import { Aliases } from "./aliases.tsx";
import { IndexFacts } from "./index-facts.tsx";
import { deleteCollection } from "./requests.ts";

interface Props {
  readonly server: Server;
  readonly name: string;
  readonly collection: Collection | undefined;
  readonly isLoading: boolean;
  readonly onChanged: () => void;
  readonly onLeave: () => void;
}

/** A collection's own page: what it holds, how it is made, and what can be done with it. */
export function CollectionPage({ server, name, collection, isLoading, onChanged, onLeave }: Props) {
  const back = (
    <p class="back">
      <a href={formatAddress({ tab: "collections", values: {} })}>All collections</a>
    </p>
  );
  if (collection === undefined)
    return (
      <>
        {back}
        <h2>{name}</h2>
        {!isLoading && (
          <Empty title={`There is no collection ${name}`}>
            <p>It may have been deleted, or the key may not see it.</p>
          </Empty>
        )}
      </>
    );
  const { documents } = collection;
  return (
    <>
      {back}
      <div class="view-head">
        <h2>{name}</h2>
        <nav class="buttons" aria-label={`What to do with ${name}`}>
          <a class="button" href={formatAddress({ tab: "search", values: { collection: name } })}>
            Search
          </a>
          <a class="button" href={formatAddress({ tab: "push", values: { collection: name } })}>
            Push
          </a>
          <a class="button" href={formatAddress({ tab: "migration", values: { collection: name } })}>
            Migrate
          </a>
          {documents.failed > 0 && (
            <a class="button" href={formatAddress({ tab: "failures", values: { collection: name } })}>
              Failures
            </a>
          )}
        </nav>
      </div>
      <div class="card">
        <h3>Documents</h3>
        {documents.total === 0 ? (
          <p>
            No documents yet: <a href={formatAddress({ tab: "push", values: { collection: name } })}>drop files here</a>
            .
          </p>
        ) : (
          <StatesBar counts={documents} />
        )}
        <Facts facts={progressOf(collection)} />
      </div>
      <div class="card">
        <h3>Vectors</h3>
        <Facts facts={vectorsOf(collection)} />
      </div>
      <IndexFacts collection={collection} />
      <Aliases server={server} collection={collection} onChanged={onChanged} />
      <div class="card danger-zone">
        <h3>Delete</h3>
        <p>All documents of {name} and their vectors go, also those that wait. It cannot be undone.</p>
        <ConfirmButton
          label={`Delete ${name}`}
          title={`Delete ${name}?`}
          typed={name}
          danger
          onConfirm={async (signal) => {
            await deleteCollection(server, name, signal);
            onChanged();
            onLeave();
          }}
        >
          <p>
            {showNumber(documents.total)} documents and {showNumber(collection.chunks)} chunks are deleted for good.
          </p>
        </ConfirmButton>
      </div>
    </>
  );
}

function progressOf({ documents, chunks, coverage, oldestPendingAgeSeconds, backlogSeconds, createdAt }: Collection) {
  return [
    { name: "Documents", value: showNumber(documents.total) },
    { name: "Chunks", value: showNumber(chunks) },
    { name: "Stored", value: showShare(coverage) },
    {
      name: "Oldest that waits",
      value: oldestPendingAgeSeconds === null ? "none waits" : showSeconds(oldestPendingAgeSeconds),
    },
    { name: "Done in", value: backlogSeconds === null ? "not known" : showSeconds(backlogSeconds) },
    { name: "Made", value: <Time iso={createdAt} /> },
  ];
}

function vectorsOf({ model, dimensions, chunking, lateChunking, tokenVectors, tokenPooling, ...rest }: Collection) {
  return [
    { name: "Model", value: model },
    { name: "Dimensions", value: showNumber(dimensions) },
    { name: "Chunks of", value: `${showNumber(chunking.maxTokens)} tokens, ${chunking.overlapTokens} shared` },
    { name: "Cut", value: lateChunking ? "after encoding (late)" : chunking.strategy },
    {
      name: "Token vectors",
      value: tokenVectors === "none" ? "not kept" : `${tokenVectors}, ${tokenPooling} to one`.replace(", 1 to one", ""),
    },
    { name: "Language", value: rest.language ?? "not given" },
    { name: "Generation", value: String(rest.generation) },
  ];
}
