import { useRef, useState } from "preact/hooks";
import { Fault } from "../parts/notes.tsx";
import { shorten, showNumber, showSeconds } from "../parts/numbers.ts";
import { usePoll } from "../parts/use-poll.ts";
import { ServerError, type Server } from "../server.ts";
import type { ViewProps } from "../view.ts";
import { Chart } from "./chart.tsx";
import { PointsTable } from "./points-table.tsx";
import { pointOf, readingOfCollections, readingOfMetrics, withPoint, type Point, type Reading } from "./reading.ts";

const EVERY_MS = 2_000;

interface Source {
  readonly reading: Reading;
  /** Whether it is all of the server, or what the key's collections tell. */
  readonly isWhole: boolean;
}

/** What waits, what is done, and how fast: the last minutes, as long as this is looked at. */
export function ThroughputView({ server, active }: ViewProps) {
  const [points, setPoints] = useState<readonly Point[]>([]);
  const [error, setError] = useState<Error>();
  const [isWhole, setIsWhole] = useState(true);
  const last = useRef<Reading | undefined>(undefined);
  usePoll({ active, everyMs: EVERY_MS, again: [server] }, async (signal) => {
    try {
      const source = await readServer(server, signal);
      if (signal.aborted) return;
      const point = pointOf(last.current, source.reading);
      last.current = source.reading;
      setIsWhole(source.isWhole);
      setPoints((all) => withPoint(all, point));
      setError(undefined);
    } catch (thrown) {
      if (!signal.aborted) setError(thrown as Error);
    }
  });
  const now = points.at(-1);
  const seconds = (value: number | undefined): string => (value === undefined ? "–" : showSeconds(value));
  const figure = (value: number | undefined): string => (value === undefined ? "–" : shorten(value));
  return (
    <>
      <h2>Queue and throughput</h2>
      <Fault error={error} />
      {!isWhole && (
        <p class="note">
          From the collections that this key may see: this server's own figures are on another process or for another
          key.
        </p>
      )}
      <div class="charts">
        <Chart title="Waiting" now={figure(now?.waiting)} unit="documents" values={points.map((p) => p.waiting)} />
        <Chart title="In work" now={figure(now?.inWork)} unit="documents" values={points.map((p) => p.inWork)} />
        <Chart
          title="Stored"
          now={`${figure(now?.storedPerSecond)} /s`}
          unit="documents a second"
          values={points.map((p) => p.storedPerSecond)}
        />
        <Chart
          title="Encoded"
          now={`${figure(now?.tokensPerSecond)} /s`}
          unit="tokens a second"
          values={points.map((p) => p.tokensPerSecond)}
        />
        <Chart
          title="Backlog"
          now={seconds(now?.backlogSeconds)}
          unit="seconds until nothing waits"
          values={points.map((p) => p.backlogSeconds)}
        />
        <Chart
          title="Workers"
          now={now?.workers === undefined ? "–" : showNumber(now.workers)}
          unit="embedders alive"
          values={points.map((p) => p.workers)}
        />
      </div>
      <p class="note">Encoded are the tokens of the process that answers; all else is the whole server's.</p>
      <PointsTable points={points} />
    </>
  );
}

/** The metrics where this process has them and the key may read them, else the collections. */
async function readServer(server: Server, signal: AbortSignal): Promise<Source> {
  const text = await server.text("metrics", signal).catch((error: unknown) => {
    if (error instanceof ServerError && error.code === "forbidden") return "";
    throw error;
  });
  const reading = readingOfMetrics(text, performance.now());
  if (reading !== undefined) return { reading, isWhole: true };
  return { reading: readingOfCollections(await server.collections(signal), performance.now()), isWhole: false };
}
