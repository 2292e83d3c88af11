import { Worker } from "node:worker_threads";
import type { FromReader, PlainItem, ToReader } from "./protocol.ts";

/**
 * Process entry: reads files that may be hostile, one at a time, and may die of it. A file that is without bound when it is
 * unpacked ends this process and not the one that talks to the server. Ends with its parent: when the channel closes.
 */
const BATCH_ITEMS = 64;
const BATCH_CHARACTERS = 1024 * 1024;
/** All memory of this process, with what lies outside of the heap that V8 bounds. */
const MAX_RSS_BYTES = 1024 ** 3;
const LOOK_EVERY_MS = 50;

/** Plain script in a thread of its own: a library that unpacks lets nothing else of its thread run, and no loader is waited for. */
const WATCH = `
  setInterval(() => {
    if (process.memoryUsage.rss() > ${MAX_RSS_BYTES}) process.kill(process.pid, "SIGKILL");
  }, ${LOOK_EVERY_MS});
  require("node:worker_threads").parentPort.postMessage("watching");
`;

/** Has the file that is read go on. */
let goOn: () => void = () => undefined;

process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", (message: ToReader) => {
  switch (message.kind) {
    case "read":
      void read(message);
      return;
    case "more":
      goOn();
      return;
    default:
      throw new Error(`Unknown message ${String(message satisfies never)}`);
  }
});
new Worker(WATCH, { eval: true, execArgv: [] }).once("message", () => {
  send({ kind: "ready" });
});

async function read({ file }: Extract<ToReader, { kind: "read" }>): Promise<void> {
  try {
    const { readForeign } = await import("./read-foreign.ts");
    let items: PlainItem[] = [];
    let characters = 0;
    for await (const item of readForeign(file)) {
      items.push(item);
      if ("document" in item) characters += String(item.document["text"]).length;
      if (items.length < BATCH_ITEMS && characters < BATCH_CHARACTERS) continue;
      await handOver(items);
      [items, characters] = [[], 0];
    }
    if (items.length > 0) await handOver(items);
    send({ kind: "end" });
  } catch (error) {
    send({ kind: "broken", message: error instanceof Error ? error.message : String(error) });
  }
}

/** Resolves when the parent wants more, so that no more than one batch is on its way. */
function handOver(items: readonly PlainItem[]): Promise<void> {
  return new Promise((resolve) => {
    goOn = resolve;
    send({ kind: "items", items });
  });
}

function send(message: FromReader): void {
  process.send?.(message);
}
