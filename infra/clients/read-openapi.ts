import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runAll } from "@polyseme/all";
import { readConfig } from "@polyseme/core";
import type { OpenApi } from "./openapi.ts";

/** What a running server says of itself. @throws Error when it does not answer */
export async function fetchOpenApi(url: string): Promise<OpenApi> {
  const response = await fetch(`${url}/openapi.json`);
  if (!response.ok) throw new Error(`${url}/openapi.json answered ${response.status}.`);
  return (await response.json()) as OpenApi;
}

/** The description of this checkout's server: the embedded stack is started in a folder of its own, asked and stopped. */
export async function readOpenApi(): Promise<OpenApi> {
  const dataDir = await mkdtemp(join(tmpdir(), "polyseme-openapi-"));
  const environment = {
    POLYSEME_PORT: "0",
    POLYSEME_LOG_LEVEL: "error",
    POLYSEME_BATCH_TOKENS: "512",
    POLYSEME_DATA_DIR: dataDir,
  };
  const stop = new AbortController();
  try {
    let document: OpenApi | undefined;
    await runAll({
      config: readConfig(environment),
      pid: process.pid,
      signals: { stop: stop.signal, abandon: new AbortController().signal },
      onListening: async (url) => {
        document = await fetchOpenApi(url).finally(() => {
          stop.abort();
        });
      },
    });
    if (document === undefined) throw new Error("The server stopped before it described itself.");
    return document;
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}
