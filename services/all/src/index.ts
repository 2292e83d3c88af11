export { runAll } from "./run.ts";
