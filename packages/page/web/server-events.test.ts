import fc from "fast-check";
import { expect, test } from "vitest";
import { makeEventReader } from "./server-events.ts";

const STREAM =
  'event: progress\ndata: {"pending":1}\n\n: keeps the way open\n\nevent: done\r\ndata: a\r\ndata: b\r\n\r\ndata: last\n\n';
const EVENTS = [
  { name: "progress", data: '{"pending":1}' },
  { name: "done", data: "a\nb" },
  { name: "message", data: "last" },
];

test("reads the same events wherever the stream is cut", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 10 }), (at) => {
      const cuts = [0, ...at.sort((a, b) => a - b), STREAM.length];
      const read = makeEventReader();
      expect(cuts.slice(1).flatMap((end, i) => read(STREAM.slice(cuts[i], end)))).toEqual(EVENTS);
    }),
  );
});

test("keeps what has no end yet, and gives up on an event without end", () => {
  const read = makeEventReader();
  expect(read("data: half")).toEqual([]);
  expect(() => {
    for (let i = 0; i < 20; i++) read("x".repeat(100_000));
  }).toThrow("without end");
});
