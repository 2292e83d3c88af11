import ajvCompiler from "@fastify/ajv-compiler";
import { ERROR_CODES, isErrorCode } from "@polyseme/core";
import type { JsonSchema, Operation } from "./operations.ts";
import { isWhole, type FuzzRequest } from "./requests.ts";
import type { FuzzAnswer } from "./send.ts";

/** Something that must never be; `kind` is the same for the same fault met again. */
export interface Breach {
  readonly kind: string;
  readonly detail: string;
}

const MOST_MESSAGE_CHARACTERS = 4_000;
/** Node answers these by itself, without a body, before anything of ours is asked. */
const BARE_STATUSES = new Set([417]);
const TEI_ERROR_TYPES = new Set(["Unhealthy", "Backend", "Overloaded", "Validation", "Tokenizer", "Empty"]);

export type AnswerCheck = (request: FuzzRequest, answer: FuzzAnswer) => Breach | undefined;

/** What every answer must keep, whatever was asked: no 5xx but 501, errors of one shape, bodies as they are declared. */
export function makeAnswerCheck(): AnswerCheck {
  const compile = ajvCompiler()(
    {},
    { customOptions: { strict: false, coerceTypes: false, removeAdditional: false, useDefaults: false } },
  );
  const validators = new WeakMap<JsonSchema, (value: unknown) => unknown>();
  const fits = (schema: JsonSchema, value: unknown): boolean => {
    let validate = validators.get(schema);
    if (validate === undefined) {
      validate = compile({ schema, method: "", url: "", httpPart: "" });
      validators.set(schema, validate);
    }
    return validate(value) === true;
  };
  return (request, answer) => {
    const { operation, method, isOwnPath } = request;
    const label = `${method} ${operation.path}`;
    const breach = (what: string, detail = ""): Breach => ({
      kind: `${label}: ${what}`,
      detail: `${detail} ${answer.text.slice(0, 600)}`,
    });
    const { status, text } = answer;
    if (status >= 500 && status !== 501) return breach(`answered ${status}`);
    // Bytes behind a request that is not whole are another one, whose answer has a body.
    if (method === "HEAD" && !isWhole(request)) return undefined;
    if (method === "HEAD") return text === "" ? undefined : breach("HEAD has a body");
    if (status >= 400) {
      const isBare = BARE_STATUSES.has(status) && text === "";
      const fault = isBare ? undefined : faultOf(operation, status, text);
      if (fault !== undefined) return breach(`${status} ${fault}`);
    }
    // What is said of an operation is said of its own method and path only.
    if (method !== operation.method || !isOwnPath || operation.answers.size === 0) return undefined;
    const said = declared(operation, status);
    // Refused before the route was asked.
    if (said === "nothing" && !isWhole(request)) return undefined;
    // What is no JSON has no schema for its success.
    if (said === "nothing" && status < 300 && ![...operation.answers.keys()].some((key) => key.startsWith("2")))
      return undefined;
    if (said === "nothing") return breach(`${status} is not in /openapi.json`);
    if (said === undefined) return undefined;
    // What no route was asked for has our shape, also where a route has another's.
    if (!isWhole(request) && status >= 400) return undefined;
    const value = answer.contentType.startsWith("text/") ? { json: text } : jsonOf(text);
    if (value === undefined) return breach(`${status} is no JSON`);
    return fits(said, value.json) ? undefined : breach(`${status} does not match its schema`);
  };
}

function declared({ answers }: Operation, status: number): JsonSchema | undefined | "nothing" {
  for (const key of [String(status), `${String(status)[0]}XX`]) if (answers.has(key)) return answers.get(key);
  return "nothing";
}

/** Whose clients a route's errors are for, by what the route says of them. */
function dialectOf({ answers }: Operation): "openai" | "tei" | "ours" {
  const said = answers.get("4XX")?.properties;
  if (said?.["error_type"] !== undefined) return "tei";
  return said?.["error"]?.properties?.["param"] === undefined ? "ours" : "openai";
}

/** Of a method that the route does not have, the error is ours: no route was found. */
function faultOf(operation: Operation, status: number, text: string): string | undefined {
  const body = jsonOf(text)?.json;
  const error = isRecord(body) ? body["error"] : undefined;
  switch (dialectOf(operation)) {
    case "tei": {
      if (!isRecord(body) || !("error_type" in body)) return errorFault(status, body);
      const isWhole = Object.keys(body).length === 2 && TEI_ERROR_TYPES.has(String(body["error_type"]));
      return isWhole && isMessage(error) ? undefined : 'is not {"error": "…", "error_type": "…"}';
    }
    case "openai": {
      if (!isRecord(error) || !("param" in error)) return errorFault(status, body);
      const { type, param, ...rest } = error;
      if (typeof type !== "string" || (param !== null && typeof param !== "string")) return "has no type and param";
      return errorFault(status, { error: rest });
    }
    case "ours":
      return errorFault(status, body);
  }
}

function isMessage(value: unknown): boolean {
  return typeof value === "string" && value !== "" && value.length <= MOST_MESSAGE_CHARACTERS;
}

function errorFault(status: number, body: unknown): string | undefined {
  if (!isRecord(body)) return "is no JSON object";
  if (Object.keys(body).join() !== "error" || !isRecord(body["error"])) return 'is not {"error": {…}}';
  const { code, message, details, ...others } = body["error"];
  if (Object.keys(others).length > 0) return `has also ${Object.keys(others).join(", ")}`;
  if (!isErrorCode(code)) return `has the unknown code ${String(code)}`;
  if (ERROR_CODES[code].status !== status) return `has the code ${code} of status ${ERROR_CODES[code].status}`;
  if (typeof message !== "string" || message === "") return "has no message";
  if (!isMessage(message)) return "has a message without end";
  return details === undefined || isRecord(details) ? undefined : "has details that are no object";
}

function jsonOf(text: string): { json: unknown } | undefined {
  try {
    return { json: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
