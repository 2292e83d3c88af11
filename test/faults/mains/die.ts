import { makeTrap, type Trap } from "./trap.ts";

/** The moment that the parent chose for this process. */
export function dieHere(): Trap {
  return makeTrap(process.env["FAULT_DIE_AT"] ?? "", () => {
    process.kill(process.pid, "SIGKILL");
  });
}
