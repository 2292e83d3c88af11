import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { HttpCaller } from "./support/http.ts";
import { startServeAll } from "./support/processes.ts";

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "polyseme-folder-"));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

test("the embedded stack keeps its documents over kill -9, and refuses its folder to a second process", async () => {
  const settings = { POLYSEME_DATA_DIR: dataDir };
  const first = await startServeAll(settings);
  const http = new HttpCaller(first.url);
  const { ticket } = await http.push("kept", [{ id: "a", text: "A document to keep." }]);
  await http.settled(ticket);
  const unfinished = await http.push(
    "kept",
    Array.from({ length: 200 }, (_, i) => ({ id: `u${i}`, text: `Unfinished text ${i}.` })),
  );

  await expect(startServeAll(settings)).rejects.toThrow(new RegExp(`in use by process ${first.pid}`));

  expect(await first.end("SIGKILL")).toMatchObject({ signal: "SIGKILL" });
  const second = await startServeAll(settings);
  try {
    const again = new HttpCaller(second.url);
    expect((await again.call("GET", "/v1/collections/kept/documents/a")).body).toMatchObject({ state: "stored" });
    expect(await again.settled(unfinished.ticket)).toMatchObject({ total: 200, stored: 200, failed: 0 });
  } finally {
    expect(await second.end("SIGTERM")).toMatchObject({ code: 0 });
  }
});
