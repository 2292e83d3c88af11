import { shorten, showNumber, showSeconds } from "../parts/numbers.ts";
import type { Point } from "./reading.ts";

/** So many moments are read out, evenly apart. */
const ROWS = 10;

/** The charts in figures: for who does not see them, and for who wants to copy them. */
export function PointsTable({ points }: { readonly points: readonly Point[] }) {
  const newest = points.at(-1);
  const step = Math.max(1, Math.ceil(points.length / ROWS));
  const rows = points.filter((_, i) => (points.length - 1 - i) % step === 0).reverse();
  const rate = (value: number | undefined): string => (value === undefined ? "–" : shorten(value));
  return (
    <div class="card">
      <details>
        <summary>The same in figures</summary>
        <div class="scroll" role="region" tabIndex={0} aria-label="Queue and throughput in figures">
          <table class="list">
            <thead>
              <tr>
                <th scope="col">Ago</th>
                <th scope="col">Waiting</th>
                <th scope="col">In work</th>
                <th scope="col">Stored /s</th>
                <th scope="col">Tokens /s</th>
                <th scope="col">Backlog</th>
                <th scope="col">Workers</th>
              </tr>
            </thead>
            <tbody>
              {rows.map((point) => (
                <tr key={point.atMs}>
                  <th scope="row">{showSeconds(Math.round(((newest?.atMs ?? 0) - point.atMs) / 1_000))}</th>
                  <td>{showNumber(point.waiting)}</td>
                  <td>{showNumber(point.inWork)}</td>
                  <td>{rate(point.storedPerSecond)}</td>
                  <td>{rate(point.tokensPerSecond)}</td>
                  <td>{point.backlogSeconds === undefined ? "–" : showSeconds(point.backlogSeconds)}</td>
                  <td>{rate(point.workers)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </div>
  );
}
