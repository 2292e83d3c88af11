import { describe, expect, test } from "vitest";
import { asPolysemeError, ERROR_CODES, isErrorCode, messageOf, PolysemeError } from "./errors.ts";

test("each code has one HTTP status and one retry policy", () => {
  expect(
    Object.fromEntries(Object.entries(ERROR_CODES).map(([code, { status, retry }]) => [code, `${status} ${retry}`])),
  ).toEqual({
    invalid: "400 never",
    unauthorized: "401 never",
    forbidden: "403 never",
    not_found: "404 never",
    too_slow: "408 backoff",
    conflict: "409 never",
    too_large: "413 never",
    unsupported_media_type: "415 never",
    unusable_text: "422 never",
    overloaded: "429 wait",
    internal: "500 backoff",
    encode_failed: "500 never",
    encoder_crashed: "500 never",
    not_implemented: "501 never",
    unavailable: "503 wait",
    model_unavailable: "503 wait",
  });
});

test("an error takes its status and retry policy from its code", () => {
  const error = new PolysemeError("overloaded", "Full.", { details: { field: "body" }, cause: "why" });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({
    name: "PolysemeError",
    code: "overloaded",
    message: "Full.",
    status: 429,
    retry: "wait",
    details: { field: "body" },
    cause: "why",
  });
});

test("an error without details or cause has neither", () => {
  const error = new PolysemeError("invalid", "No.");
  expect(error.details).toBeUndefined();
  expect(error).not.toHaveProperty("cause");
});

describe("what was thrown", () => {
  test("stays itself when it is ours", () => {
    const error = new PolysemeError("invalid", "No.");
    expect(asPolysemeError(error)).toBe(error);
  });

  test("becomes internal with the original as cause when it is not", () => {
    for (const thrown of [new TypeError("boom"), "boom"]) {
      const error = asPolysemeError(thrown);
      expect(error).toMatchObject({ code: "internal", message: "boom" });
      expect(error.cause).toBe(thrown);
    }
  });

  test("has a message, whatever it is", () => {
    expect([new Error("a"), "b", 3, null, undefined, Symbol("s"), ["x", "y"]].map(messageOf)).toEqual([
      "a",
      "b",
      "3",
      "null",
      "undefined",
      "Symbol(s)",
      "x,y",
    ]);
  });

  test("is told by its parts when it is an aggregate without words of its own", () => {
    const inner = new AggregateError([new Error("c"), "d"]);
    expect(messageOf(new AggregateError([new Error("a"), inner]))).toBe("a; c; d");
    expect(messageOf(new AggregateError([new Error("a")], "All failed"))).toBe("All failed");
  });
});

test("a code is one of the list, and not what every object has", () => {
  expect(Object.keys(ERROR_CODES).every(isErrorCode)).toBe(true);
  expect(["constructor", "toString", "__proto__", "INVALID", "", 400, null, undefined].some(isErrorCode)).toBe(false);
});
