import { ERROR_CODES, makeLog, PolysemeError, type ErrorCode } from "@polyseme/core";
import fastify from "fastify";
import { describe, expect, test, vi } from "vitest";
import { answerError } from "./answer-error.ts";
import { errorBody, type ErrorBody } from "./error-dialects.ts";

const SECRET = "password s3cret at db.internal";

/** What an HTTP caller sees of an error that a handler threw, and what the log is told. */
async function answerTo(error: unknown) {
  const log = makeLog("silent", "test");
  vi.spyOn(log, "child").mockReturnValue(log as never);
  const logged = vi.spyOn(log, "error");
  const app = fastify({ loggerInstance: log });
  app.setErrorHandler((thrown, request, reply) => answerError(thrown, request, reply));
  app.get("/", () => {
    throw error;
  });
  const response = await app.inject("/");
  await app.close();
  return {
    status: response.statusCode,
    headers: response.headers,
    body: response.json<ErrorBody>(),
    text: response.body,
    logged,
  };
}

describe("an error's way out", () => {
  test.each(Object.entries(ERROR_CODES).map(([code, { status }]) => [code as ErrorCode, status] as const))(
    "%s has the status %i and its code in the body",
    async (code, status) => {
      const answer = await answerTo(new PolysemeError(code, "Because."));
      expect(answer.status).toBe(status);
      expect(answer.body.error.code).toBe(code);
      expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    },
  );

  test("carries the details there are, and none when there are none", async () => {
    expect((await answerTo(new PolysemeError("invalid", "No.", { details: { field: "text" } }))).body).toEqual({
      error: { code: "invalid", message: "No.", details: { field: "text" } },
    });
    expect((await answerTo(new PolysemeError("invalid", "No."))).body).toEqual({
      error: { code: "invalid", message: "No." },
    });
  });

  test("does not carry its cause", async () => {
    const { text } = await answerTo(new PolysemeError("unavailable", "Away.", { cause: new Error(SECRET) }));
    expect(text).not.toContain("s3cret");
  });

  test("logs nothing of what is the caller's fault", async () => {
    const { logged } = await answerTo(new PolysemeError("invalid", "No."));
    expect(logged).not.toHaveBeenCalled();
  });
});

describe("when to try again", () => {
  const retryAfter = async (error: PolysemeError): Promise<unknown> => (await answerTo(error)).headers["retry-after"];

  test("is told to a caller who came when it was full or not available", async () => {
    expect(await retryAfter(new PolysemeError("overloaded", "Full."))).toBe("1");
    expect(await retryAfter(new PolysemeError("unavailable", "Away."))).toBe("1");
  });

  test("is what the error says, in whole seconds, at least one", async () => {
    const after = (retryAfterSeconds: unknown) =>
      retryAfter(new PolysemeError("overloaded", "Full.", { details: { retryAfterSeconds } }));
    expect(await Promise.all([10, 2.1, 0.2, 0, -3, "20"].map(after))).toEqual(["10", "3", "1", "1", "1", "1"]);
  });

  test("is not told when trying again cannot help", async () => {
    for (const code of ["invalid", "not_found", "internal", "not_implemented"] as const)
      expect(await retryAfter(new PolysemeError(code, "No."))).toBeUndefined();
  });
});

describe("what failed inside", () => {
  const insides: readonly [what: string, error: unknown][] = [
    ["an error", new Error(SECRET)],
    ["a type error", new TypeError(SECRET)],
    ["an error of the system", Object.assign(new Error(SECRET), { code: "ENOENT" })],
    ["an error of the driver", Object.assign(new Error(SECRET), { code: "42P01", severity: "ERROR" })],
    ["an internal error of ours", new PolysemeError("internal", SECRET)],
    ["an error with status 500 of its own", Object.assign(new Error(SECRET), { statusCode: 500 })],
    ["an error with a status that is none", Object.assign(new Error(SECRET), { statusCode: 200 })],
    ["a text", SECRET],
  ];

  test.each(insides)("is not shown: %s", async (_what, error) => {
    const { status, body, text } = await answerTo(error);
    expect(status).toBe(500);
    expect(body).toEqual({ error: { code: "internal", message: "Something failed here; the log has the reason." } });
    expect(text).not.toContain("s3cret");
  });

  test("is in the log with the original error", async () => {
    const error = new Error(SECRET);
    const { logged } = await answerTo(error);
    expect(logged.mock.calls).toEqual([[{ err: error }, "request failed"]]);
  });
});

test("the body of an internal error hides its message wherever it is made", () => {
  expect(JSON.stringify(errorBody(new PolysemeError("internal", SECRET)))).not.toContain("s3cret");
  expect(errorBody(new PolysemeError("encode_failed", "NaN in the vector.")).error.message).toBe("NaN in the vector.");
});
