import type { Environment } from "@polyseme/core";
import { afterEach, beforeEach } from "vitest";
import { waitUntil, type HttpCaller } from "./http.ts";
import { startService, type ServiceProcess } from "./processes.ts";
import { freshServers, QUICK_START, type TestServers } from "./stack.ts";

/** Services as processes on servers that are fresh for each test; whatever still runs after it is killed. */
export interface ServiceFixture {
  readonly servers: TestServers;
  start(name: "ingest" | "embedder" | "api", settings?: Environment): Promise<ServiceProcess>;
}

/** Call inside `describe`; the fixture's parts may be used inside its tests. A function gives the address of a Redis that is not there yet. */
export function useServices(
  databaseUrl: string | null,
  redisUrl: string | (() => string) | null,
  settings: Environment = {},
): ServiceFixture {
  let servers: TestServers | undefined;
  const started: ServiceProcess[] = [];
  beforeEach(async () => {
    servers = await freshServers(databaseUrl ?? "", (typeof redisUrl === "function" ? redisUrl() : redisUrl) ?? "");
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map((service) => service.end("SIGKILL")));
    await servers?.drop();
  });
  const current = (): TestServers => {
    if (servers === undefined) throw new Error("The servers are there inside a test only");
    return servers;
  };
  return {
    get servers() {
      return current();
    },
    async start(name, own = {}) {
      const service = await startService(name, { ...QUICK_START, ...current().environment, ...settings, ...own });
      started.push(service);
      return service;
    },
  };
}

/** Resolves when the push is neither untouched nor done: some of its documents are stored. */
export async function untilSomeStored(http: HttpCaller, ticket: string): Promise<void> {
  await waitUntil("some documents are stored", async () => {
    const { body } = await http.call("GET", `/v1/tickets/${ticket}`);
    return Number(body["stored"]) > 0;
  });
}
