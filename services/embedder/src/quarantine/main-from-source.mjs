// Node runs no TypeScript by itself, and a loader registered in the parent does not reach its children.
import { register } from "tsx/esm/api";

register();
await import("./main.ts");
