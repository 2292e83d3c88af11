import { fileURLToPath } from "node:url";

const SHARED = fileURLToPath(new URL("../../../shared", import.meta.url));

/** A file of the open texts and models that may lie beside the checkout; tests that need one skip loudly without it. */
export function sharedFile(path: string): string {
  return `${SHARED}/${path}`;
}
