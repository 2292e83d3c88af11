import type { Backends } from "@polyseme/backends";
import type { Probe } from "./health-routes.ts";

/** What every service needs in order to serve: its database and its queue answer. */
export function backendProbes({ database, queues }: Backends): Probe[] {
  return [
    { name: "database", check: () => database.query("select 1") },
    { name: "queue", check: () => queues.countEmbedJobs() },
  ];
}
