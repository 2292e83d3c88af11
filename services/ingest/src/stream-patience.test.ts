import { pause, PolysemeError } from "@polyseme/core";
import { expect, test } from "vitest";
import { withPatience } from "./stream-patience.ts";

const PATIENCE_MS = 200;

/** Gives each part after its pause, the last pause without end. */
async function* parts(...steps: readonly [pauseMs: number, text: string][]): AsyncGenerator<Uint8Array> {
  for (const [pauseMs, text] of steps) {
    await pause(pauseMs);
    yield Buffer.from(text);
  }
}

async function read(chunks: AsyncIterable<Uint8Array>, dwellMs = 0): Promise<string> {
  let text = "";
  try {
    for await (const chunk of withPatience(chunks, PATIENCE_MS)) {
      text += Buffer.from(chunk).toString();
      await pause(dwellMs);
    }
    return text;
  } catch (error) {
    return error instanceof PolysemeError ? error.code : String(error);
  }
}

test("a stream that ends comes through whole, also one that takes longer than the patience in all", async () => {
  expect(await read(parts([0, "a"], [0, "b\nc"]))).toBe("ab\nc");
  expect(await read(parts([150, "a\n"], [150, "b\n"], [150, "c\n"]))).toBe("a\nb\nc\n");
  const large = "x".repeat(16 * 1024);
  expect(await read(parts([150, large], [150, large], [150, "end"]))).toBe(`${large}${large}end`);
});

test("one that stands still is too slow", async () => {
  const standing = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from("a\n");
    await new Promise(() => undefined);
  };
  expect(await read(standing())).toBe("too_slow");
});

test("one that drips inside a line is too slow, though something always comes", async () => {
  const drips = Array.from({ length: 10 }, (): [number, string] => [50, "a"]);
  expect(await read(parts(...drips))).toBe("too_slow");
});

test("time that the reader takes is not held against the stream", async () => {
  expect(await read(parts([0, "a"], [0, "b"], [0, "c"]), PATIENCE_MS * 1.5)).toBe("abc");
});

test("the stream is closed when its reader stops early", async () => {
  let closed = false;
  const source = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield* parts([0, "a"], [0, "b"]);
    } finally {
      closed = true;
    }
  };
  for await (const _ of withPatience(source(), PATIENCE_MS)) break;
  expect(closed).toBe(true);
});
