// Node runs no TypeScript by itself, and a loader registered in the parent does not reach its threads.
import { register } from "tsx/esm/api";

register();
await import("./rechunk-worker.ts");
