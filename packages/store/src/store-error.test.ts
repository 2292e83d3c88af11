import { PolysemeError } from "@polyseme/core";
import { describe, expect, test } from "vitest";
import { asStoreError, errorCode } from "./store-error.ts";

const coded = (code: string, message = "boom"): Error => Object.assign(new Error(message), { code });

describe("a fault of the connection or of the server's state is unavailable", () => {
  const passing = [
    ..."ECONNREFUSED ECONNRESET ENOTFOUND ETIMEDOUT EPIPE EAI_AGAIN EHOSTUNREACH ENETUNREACH".split(" "),
    ..."08000 08006 08P01 53100 53200 53300 57P01 57P02 57P03 57P05 57014 25P03 25006 40001 40P01 55P03 58030".split(
      " ",
    ),
  ];

  test.each(passing)("%s", (code) => {
    const cause = coded(code, "it went away");
    const error = asStoreError(cause);
    expect(error).toBeInstanceOf(PolysemeError);
    expect(error).toMatchObject({ code: "unavailable", message: "Postgres is not available: it went away", cause });
  });

  test.each([
    "Connection terminated",
    "Connection terminated unexpectedly",
    "Connection terminated due to connection timeout",
    "timeout exceeded when trying to connect",
    "Client has encountered a connection error and is not queryable",
    "Client was closed and is not queryable",
    "Cannot use a pool after calling end on the pool",
  ])("%s", (message) => {
    expect(asStoreError(new Error(message))).toMatchObject({ code: "unavailable" });
  });

  test("also when every address of a host refused, and the message says at least the code", () => {
    const refused = new AggregateError([coded("ECONNREFUSED", "connect ECONNREFUSED ::1:5432")]);
    expect(asStoreError(refused)).toMatchObject({
      code: "unavailable",
      message: "Postgres is not available: ECONNREFUSED",
    });
  });

  test.each(["FATAL", "PANIC"])("also when the server ended the session: %s, with whatever code", (severity) => {
    const ended = Object.assign(coded("XX000", "could not write init file"), { severity });
    expect(asStoreError(ended)).toMatchObject({ code: "unavailable" });
  });

  test("also when it is the cause of another error", () => {
    expect(asStoreError(new Error("query failed", { cause: coded("57P01") }))).toMatchObject({ code: "unavailable" });
  });
});

describe("every other error stays what it was", () => {
  test("an internal error of the server that ended a statement only", () => {
    const error = Object.assign(coded("XX000"), { severity: "ERROR" });
    expect(asStoreError(error)).toBe(error);
  });

  test.each(["23505", "22P05", "42P01", "22021", "08", "53", "57P04", "ENOENT", "08_six"])("%s", (code) => {
    const error = coded(code);
    expect(asStoreError(error)).toBe(error);
  });

  test("also one of ours, whatever caused it, and what is not an error", () => {
    const ours = new PolysemeError("conflict", "x", { cause: coded("ECONNREFUSED") });
    expect(asStoreError(ours)).toBe(ours);
    for (const thrown of ["ECONNREFUSED", undefined, null, { code: "ECONNREFUSED" }])
      expect(asStoreError(thrown)).toBe(thrown);
  });
});

describe("the code of what was thrown", () => {
  test("is its own, or else that of its first part or of its cause", () => {
    expect(errorCode(coded("23505"))).toBe("23505");
    expect(errorCode(new AggregateError([coded("EPIPE"), coded("ENOTFOUND")]))).toBe("EPIPE");
    expect(errorCode(new Error("a", { cause: new Error("b", { cause: coded("42P01") }) }))).toBe("42P01");
    expect(errorCode(new PolysemeError("unavailable", "x", { cause: coded("57P01") }))).toBe("57P01");
  });

  test("is unknown when there is none, and our own codes are not SQL's", () => {
    const numbered = Object.assign(new Error("x"), { code: 7 });
    for (const thrown of [new Error("x"), numbered, new PolysemeError("invalid", "x"), new AggregateError([]), "EPIPE"])
      expect(errorCode(thrown)).toBeUndefined();
  });
});
