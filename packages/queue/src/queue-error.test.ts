import { PolysemeError } from "@polyseme/core";
import { describe, expect, test } from "vitest";
import { asQueueError } from "./queue-error.ts";

describe("a fault of the connection or of Redis' state is unavailable", () => {
  test.each([
    "LOADING Redis is loading the dataset in memory",
    "READONLY You can't write against a read only replica.",
    "CLUSTERDOWN The cluster is down",
    "CLUSTERDOWN Hash slot not served",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "TRYAGAIN Multiple keys request during rehashing of slot",
    "NOREPLICAS Not enough good replicas to write.",
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "ERR Error running script (call to f_1): @user_script:1: -READONLY You can't write against a read only replica.",
    "Command timed out",
    "Connection is closed.",
    'Reached the max retries per request limit (which is 1). Refer to "maxRetriesPerRequest" option for details.',
    "Failed to refresh slots cache.",
    "Stream isn't writeable and enableOfflineQueue options is false",
  ])("%s", (message) => {
    const cause = new Error(message);
    expect(asQueueError(cause)).toMatchObject({ code: "unavailable", retry: "wait", cause });
  });

  test.each("ECONNREFUSED ECONNRESET ETIMEDOUT EPIPE EAI_AGAIN ENOTFOUND".split(" "))("%s", (code) => {
    expect(asQueueError(Object.assign(new Error(""), { code }))).toMatchObject({
      code: "unavailable",
      message: `The queue is not available: ${code}`,
    });
  });
});

test("every other error stays what it was", () => {
  for (const thrown of [
    new Error("WRONGTYPE Operation against a key holding the wrong kind of value"),
    new Error("NOAUTH Authentication required."),
    new Error("BUSYGROUP Consumer Group name already exists"),
    new Error("the word OOMPH is no reply"),
    new PolysemeError("invalid", "READONLY is not ours to judge twice"),
    "LOADING",
    undefined,
  ])
    expect(asQueueError(thrown)).toBe(thrown);
});
