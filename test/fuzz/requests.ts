import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { ODD_HEADERS, ODD_PIECES, ODD_QUERIES, ODD_TYPES } from "./odd-parts.ts";
import { WITH_KEY } from "./key.ts";
import type { Operation } from "./operations.ts";
import { allowedValue, jsonBytes, nearly, strangeText, wildValue } from "./values.ts";

/** How the bytes go over the wire. */
export type Wire = "plain" | "chunked" | "length_too_small" | "length_too_large" | "cut" | "bad_chunk";

/** A request as it is sent; `{{ticket}}` in path and body is filled in then. */
export interface FuzzRequest {
  readonly operation: Operation;
  readonly method: string;
  /** On the wire exactly so. */
  readonly path: string;
  /** False when the path was changed so that it may lead to another route, or to none. */
  readonly isOwnPath: boolean;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer | undefined;
  readonly wire: Wire;
}

/** False when the bytes on the wire are less or more than one request. */
export function isWhole({ wire }: FuzzRequest): boolean {
  return wire === "plain" || wire === "chunked";
}

/** Mostly valid requests of these operations, nearly valid ones, and wild ones. */
export function anyRequest(operations: readonly Operation[]): fc.Arbitrary<FuzzRequest> {
  return fc.oneof(...operations.map((operation) => ({ weight: weightOf(operation), arbitrary: requestOf(operation) })));
}

/** Operations that take a body have the most ways to be wrong; without pushes all others would ask for what is not there. */
function weightOf({ bodies }: Operation): number {
  if (bodies.has("application/x-ndjson")) return 24;
  return bodies.size > 0 ? 8 : 2;
}

function requestOf(operation: Operation): fc.Arbitrary<FuzzRequest> {
  return fc
    .record({
      path: pathOf(operation),
      query: queryOf(operation),
      content: contentOf(operation),
      type: fc.oneof(
        { weight: 15, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constantFrom(...ODD_TYPES) },
      ),
      headers: fc.oneof(
        { weight: 8, arbitrary: fc.constant<[string, string][]>([]) },
        { weight: 1, arbitrary: fc.constantFrom(...ODD_HEADERS).map((header): [string, string][] => [header]) },
      ),
      hasKey: fc.oneof({ weight: 19, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      method: fc.oneof(
        { weight: 14, arbitrary: fc.constant(operation.method) },
        {
          weight: 1,
          arbitrary: fc.constantFrom("HEAD", "OPTIONS", "TRACE", "PATCH", "PUT", "DELETE", "POST", "GET", "PROPFIND"),
        },
      ),
      wire: fc.oneof(
        { weight: 24, arbitrary: fc.constant<Wire>("plain") },
        { weight: 3, arbitrary: fc.constant<Wire>("chunked") },
        { weight: 1, arbitrary: fc.constantFrom<Wire>("length_too_small", "length_too_large", "cut", "bad_chunk") },
      ),
    })
    .map(({ path, query, content, type, headers, hasKey, method, wire }) => {
      const contentType = type ?? content?.type;
      return {
        operation,
        method,
        path: path.text + query,
        isOwnPath: path.isOwn,
        headers: [
          ...(contentType === undefined || contentType === "" ? [] : [["content-type", contentType] as const]),
          ...(content?.gzip === true ? [["content-encoding", "gzip"] as const] : []),
          ...(hasKey && !headers.some(([name]) => name === WITH_KEY[0]) ? [WITH_KEY] : []),
          ...headers,
        ],
        body: content?.bytes,
        wire: content === undefined ? ("plain" as const) : wire,
      };
    });
}

function pathOf({ path, parameters }: Operation): fc.Arbitrary<{ text: string; isOwn: boolean }> {
  const pieces = path.split(/(\{[^}]+\})/).map((piece) => {
    const name = /^\{(.+)\}$/.exec(piece)?.[1];
    if (name === undefined) return fc.constant({ text: piece, isOwn: true });
    const schema = parameters.find((one) => one.in === "path" && one.name === name)?.schema ?? { type: "string" };
    return fc.oneof(
      {
        weight: 12,
        arbitrary: allowedValue(schema, name).map((value) => ({ text: encode(String(value)), isOwn: value !== "" })),
      },
      { weight: 1, arbitrary: strangeText.map((text) => ({ text: encode(text), isOwn: false })) },
      { weight: 2, arbitrary: fc.constantFrom(...ODD_PIECES).map((text) => ({ text, isOwn: false })) },
    );
  });
  return fc
    .tuple(
      fc.tuple(...pieces),
      fc.constantFrom(...new Array<string>(30).fill(""), "/", "//", "/.", "%00", "#x", ";a=b"),
    )
    .map(([parts, end]) => ({
      text: parts.map(({ text }) => text).join("") + end,
      isOwn: end === "" && parts.every(({ isOwn }) => isOwn),
    }));
}

/** A placeholder stays one; half pairs, which no URL can say, become U+FFFD. */
function encode(text: string): string {
  return text.startsWith("{{") ? text : encodeURIComponent(text.toWellFormed());
}

function queryOf({ parameters }: Operation): fc.Arbitrary<string> {
  const known = parameters.filter((one) => one.in === "query");
  const record = fc.record(
    Object.fromEntries(known.map(({ name, schema }) => [name, allowedValue(schema ?? {}, name)])),
    { requiredKeys: [] },
  );
  const allowed = record.map((given) => {
    const pairs = Object.entries(given).map(([name, value]) => `${encode(name)}=${encode(String(value))}`);
    return pairs.length === 0 ? "" : `?${pairs.join("&")}`;
  });
  const strange = fc
    .tuple(fc.constantFrom(...known.map(({ name }) => name), "x"), strangeText)
    .map(([name, value]) => `?${encode(name)}=${encode(value)}`);
  return fc.oneof(
    { weight: 10, arbitrary: allowed },
    { weight: 1, arbitrary: fc.constantFrom(...ODD_QUERIES) },
    { weight: known.length > 0 ? 2 : 0, arbitrary: strange },
  );
}

interface Content {
  readonly type: string;
  readonly bytes: Buffer;
  readonly gzip?: boolean;
}

function contentOf({ bodies, method }: Operation): fc.Arbitrary<Content | undefined> {
  const given = [...bodies].map(([type, schema]) => {
    const lines = type.includes("ndjson");
    const one = schema.anyOf?.[0] ?? schema;
    const valid = lines ? allowedValue(one, "") : allowedValue(schema, "body");
    const value = fc.oneof(
      { weight: 5, arbitrary: valid },
      { weight: 6, arbitrary: nearly(valid) },
      { weight: 1, arbitrary: wildValue },
    );
    const text = lines
      ? fc
          .tuple(
            fc.array(value, { maxLength: 5 }),
            fc.constantFrom("\n", "\r\n", "\n\n"),
            fc.constantFrom("", "\uFEFF"),
          )
          .map(([values, end, mark]) => mark + values.map((each) => jsonBytes(each) + end).join(""))
      : value.map(jsonBytes);
    return damaged(text).map((content): Content => ({ type, ...content }));
  });
  if (given.length > 0)
    return fc.oneof(...given.map((arbitrary) => ({ weight: 20, arbitrary })), {
      weight: 1,
      arbitrary: fc.constant(undefined),
    });
  const unwanted = damaged(wildValue.map(jsonBytes)).map((content): Content => ({
    type: "application/json",
    ...content,
  }));
  return fc.oneof(
    { weight: method === "GET" ? 12 : 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: unwanted },
  );
}

/** The text's bytes: mostly whole, else cut short, with bytes that are no UTF-8, compressed, or empty. */
function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<Omit<Content, "type">> {
  const how = fc.constantFrom(
    ...new Array<string>(24).fill("whole"),
    "cut",
    "not_utf8",
    "gzip",
    "gzip_unsaid",
    "empty",
    "mark",
    "nul",
  );
  return fc.tuple(text, how, fc.nat(1_000)).map(([whole, damage, place]) => {
    const bytes = Buffer.from(whole.toWellFormed());
    const at = bytes.length === 0 ? 0 : place % bytes.length;
    switch (damage) {
      case "cut":
        return { bytes: bytes.subarray(0, at) };
      case "not_utf8":
        return {
          bytes: Buffer.concat([
            bytes.subarray(0, at),
            Buffer.from([0xff, 0xc0, 0xed, 0xa0, 0x80]),
            bytes.subarray(at),
          ]),
        };
      case "gzip":
        return { bytes: gzipSync(bytes), gzip: true };
      case "gzip_unsaid":
        return { bytes: gzipSync(bytes) };
      case "empty":
        return { bytes: Buffer.alloc(0) };
      case "mark":
        return { bytes: Buffer.concat([Buffer.from("\uFEFF"), bytes]) };
      case "nul":
        return { bytes: Buffer.concat([bytes.subarray(0, at), Buffer.from([0]), bytes.subarray(at)]) };
      default:
        return { bytes };
    }
  });
}
