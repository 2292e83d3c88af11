import { expect, test } from "vitest";
import { makeLog } from "./log.ts";

/** What a log writes. */
function logged(write: (log: ReturnType<typeof makeLog>) => void): string {
  let written = "";
  write(makeLog("trace", "test", { write: (line) => void (written += line) }));
  return written;
}

test("a logged error shows its name, message, code and frames, and no field that may quote a row", () => {
  const error = Object.assign(new Error("new row violates a check"), {
    code: "23514",
    detail: "Failing row contains (1, secret-text)",
    where: "secret-text",
    parameters: ["secret-text"],
  });
  const line = logged((log) => {
    log.error({ err: error }, "request failed");
  });
  expect(line).not.toContain("secret-text");
  expect(JSON.parse(line)).toMatchObject({
    level: "error",
    service: "test",
    err: { name: "Error", message: "new row violates a check", code: "23514" },
  });
  expect((JSON.parse(line) as { err: { stack: string } }).err.stack).toMatch(/^ {4}at /);
});

test("a logged error is cut where it is long", () => {
  const line = logged((log) => {
    log.error({ err: new Error("x".repeat(100_000)) }, "request failed");
  });
  expect(line.length).toBeLessThan(4_000);
});

test("a secret is never written under the names that it goes by", () => {
  const line = logged((log) => {
    log.info({
      authorization: "hunter2",
      config: { databaseUrl: "hunter2", apiKeys: ["hunter2"], password: "hunter2" },
    });
    log.info({ req: { headers: { authorization: "Bearer hunter2" } }, key: "hunter2" });
  });
  expect(line).not.toContain("hunter2");
  expect(line).toContain("[Redacted]");
});
