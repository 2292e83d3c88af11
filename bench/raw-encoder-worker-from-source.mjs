// Node 20 reads no TypeScript in worker threads; this gives the thread tsx first.
import { register } from "tsx/esm/api";

register();
await import("./raw-encoder-worker.ts");
