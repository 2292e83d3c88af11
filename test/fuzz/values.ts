import fc from "fast-check";
import type { JsonSchema } from "./operations.ts";

/** Stands for the ticket of the last push, which is known only when the request is sent. */
export const TICKET = "{{ticket}}";
/** Strings that are replaced in the finished JSON by what `JSON.stringify` cannot write. */
const RAW_JSON: Readonly<Record<string, string>> = {
  "@@1e400@@": "1e400",
  "@@-1e999@@": "-1e999",
  "@@1e-999@@": "1e-999",
  "@@long@@": "1".repeat(400),
  "@@deep-lists@@": "[".repeat(20_000) + "]".repeat(20_000),
  "@@deep-objects@@": '{"a":'.repeat(5_000) + "1" + "}".repeat(5_000),
  "@@proto@@": '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"x":1}}}',
  "@@twice@@": '{"id":"doc-1","id":7,"text":"First.","text":null}',
  "@@half@@": String.raw`"\ud800"`,
};

export function jsonBytes(value: unknown): string {
  let text = JSON.stringify(value) ?? "null";
  for (const [marker, raw] of Object.entries(RAW_JSON)) text = text.replaceAll(`"${marker}"`, raw);
  return text;
}

export const strangeText = fc.oneof(
  fc.constantFrom(
    "",
    " ",
    "\u0000",
    "a\u0000b",
    "\ud800",
    "a\udc00b",
    "__proto__",
    "constructor",
    "toString",
    ".",
    "..",
    "../../etc/passwd",
    "%00",
    "%",
    "a/b?c#d",
    "'; drop table documents; --",
    "\u202eabc",
    "👩‍👩‍👧‍👦",
    "שלום عليكم",
    "e\u0301\u0323",
    "\uFEFFx",
    "-1",
    "1e5",
    "NaN",
    "null",
    "{}",
    "\n\r\t",
    "\uffff\ufffe",
  ),
  fc.string({ unit: "binary", maxLength: 20 }),
  fc.string({ unit: "grapheme", maxLength: 20 }),
  fc.integer({ min: 1, max: 6_000 }).map((length) => "x".repeat(length)),
);

const shortText = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      "The river bank was steep.",
      "A bank lends money.",
      "Ein kurzer Satz.",
      "👩‍👩‍👧‍👦 family 😀",
      "שלום עולם, مرحبا بالعالم",
      "e\u0301\u0323 o\u0308",
      "日本語の文章。",
    ),
  },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }) },
);

const documentId = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 8 }).map((n) => `doc-${n}`) },
  { weight: 1, arbitrary: strangeText },
);
const metadata = fc.dictionary(
  fc.constantFrom("year", "kind", "a.b", "", "$eq", "toJSON", "ü"),
  fc.oneof(
    fc.integer(),
    fc.boolean(),
    fc.string({ maxLength: 9 }),
    fc.constant(null),
    fc.array(fc.integer(), { maxLength: 3 }),
  ),
  { maxKeys: 4 },
);
const pushedDocument = fc.record(
  { id: documentId, text: shortText, title: shortText, metadata, priority: fc.integer({ min: 0, max: 9 }) },
  { requiredKeys: ["id", "text"] },
);
const number32 = fc.oneof(
  fc.float({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(1e-30, 1e30, -1e30, 3e38, 1e39, 5e-324, 0),
);

/** Values that mean something to the service, by the name of the field or parameter. */
const MEANT: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  collection: fc.constantFrom("fuzz-a", "fuzz-b", "fuzz-c", "nobody"),
  alias: fc.constantFrom("fuzz-alias", "fuzz-other", "fuzz-c"),
  id: documentId,
  ids: fc.array(documentId, { maxLength: 4 }),
  text: shortText,
  query: shortText,
  title: shortText,
  input: fc.oneof(
    shortText,
    fc.array(shortText, { minLength: 1, maxLength: 3 }),
    fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 8 }),
    fc.array(fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 8 }), {
      minLength: 1,
      maxLength: 3,
    }),
  ),
  model: fc.constantFrom("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2", "no-such-model", "none", "/etc"),
  vector: fc.oneof(
    fc.array(number32, { minLength: 384, maxLength: 384 }),
    number32.map((n) => new Array<number>(384).fill(n)),
    fc.array(number32, { maxLength: 4 }),
  ),
  embedding: fc.oneof(
    fc.array(number32, { maxLength: 4 }),
    fc.constantFrom("AACAPwAAAEAAAEBA", "", "no base64", "AADAfwAAwH8AAMB/"),
  ),
  dimensions: fc.constantFrom(1, 3, 384),
  ticket: fc.constant(TICKET),
  after: fc.constant(TICKET),
  wait: fc.constantFrom("0", "1ms", "10ms", "1s"),
  include: fc.constantFrom("chunks", "embeddings", "chunks,embeddings", "tokens", ",", "chunks,chunks"),
  language: fc.constantFrom("en", "de-AT", "zh-Hant-TW"),
  documents: fc.array(pushedDocument, { maxLength: 4 }),
  metadata,
  filter: metadata,
};

/** Values that the schema allows; by the field's name also ones that mean something. */
export function allowedValue(schema: JsonSchema, name: string): fc.Arbitrary<unknown> {
  const bySchema = valueOfSchema(schema);
  const meant = Object.hasOwn(MEANT, name) ? MEANT[name] : undefined;
  return meant === undefined ? bySchema : fc.oneof({ weight: 8, arbitrary: meant }, { weight: 1, arbitrary: bySchema });
}

function valueOfSchema(schema: JsonSchema): fc.Arbitrary<unknown> {
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined && choices.length > 0) return fc.oneof(...choices.map((one) => valueOfSchema(one)));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  if (schema.const !== undefined) return fc.constant(schema.const);
  const type = typeof schema.type === "string" ? schema.type : schema.type?.[0];
  switch (type) {
    case "object": {
      const properties = Object.entries(schema.properties ?? {});
      if (properties.length === 0) return metadata;
      const record = Object.fromEntries(properties.map(([name, inner]) => [name, allowedValue(inner, name)]));
      return fc.record(record, { requiredKeys: [...(schema.required ?? [])] });
    }
    case "array":
      return fc.array(allowedValue(schema.items ?? {}, ""), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.max(schema.minItems ?? 0, Math.min(schema.maxItems ?? 4, 4)),
      });
    case "integer":
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? -5, max: Math.min(schema.maximum ?? 1_000, 2 ** 31 - 1) }),
        fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 9),
      );
    case "number":
      return fc.double({ noNaN: true, noDefaultInfinity: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "string":
      return schema.pattern === undefined ? strangeText : fc.stringMatching(new RegExp(schema.pattern));
    default:
      return wildValue;
  }
}

/** JSON of any kind, and what is no JSON but looks like it. */
export const wildValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: strangeText },
  { weight: 2, arbitrary: fc.constantFrom(...Object.keys(RAW_JSON)) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      null,
      true,
      false,
      0,
      -0,
      -1,
      1,
      0.5,
      255,
      1_000,
      1_001,
      32_768,
      65_536,
      2 ** 31 - 1,
      2 ** 31,
      2 ** 32,
      2 ** 53,
      -(2 ** 31),
      -(2 ** 63),
      1e21,
      1e308,
      5e-324,
    ),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      [],
      {},
      [[]],
      [{}],
      [null],
      { documents: 7 },
      Array.from({ length: 3_000 }, () => 1),
    ),
  },
);

/** The value with one place in it changed, added, left out or wrapped. */
export function nearly(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(valid, fc.nat(1_000), fc.constantFrom("replace", "replace", "remove", "add", "wrap"), wildValue, strangeText)
    .map(([value, place, how, wild, key]) => changed(structuredClone(value), place, { how, wild, key }));
}

interface Change {
  readonly how: string;
  readonly wild: unknown;
  readonly key: string;
}

function changed(value: unknown, place: number, change: Change): unknown {
  const places: { holder: Record<string, unknown> | unknown[]; key: string | number }[] = [];
  const root = { root: value };
  const visit = (holder: Record<string, unknown> | unknown[]): void => {
    for (const key of Object.keys(holder)) {
      const at = Array.isArray(holder) ? Number(key) : key;
      places.push({ holder, key: at });
      const inner = (holder as Record<string | number, unknown>)[at];
      if (typeof inner === "object" && inner !== null && places.length < 60) visit(inner as Record<string, unknown>);
    }
  };
  visit(root);
  const chosen = places[place % places.length];
  if (chosen === undefined) return change.wild;
  const holder = chosen.holder as Record<string | number, unknown>;
  const inner = holder[chosen.key];
  switch (change.how) {
    case "remove":
      if (Array.isArray(chosen.holder)) chosen.holder.splice(Number(chosen.key), 1);
      else Reflect.deleteProperty(holder, chosen.key);
      break;
    case "add":
      if (Array.isArray(inner)) inner.push(change.wild);
      else if (typeof inner === "object" && inner !== null) define(inner, change.key, change.wild);
      else holder[chosen.key] = change.wild;
      break;
    case "wrap":
      holder[chosen.key] = [inner];
      break;
    default:
      holder[chosen.key] = change.wild;
  }
  return root.root;
}

/** As JSON.parse does: a key named __proto__ is a key. */
function define(holder: object, key: string, value: unknown): void {
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
}
