import type { SyntaxNode } from "@lezer/common";
import { loadLanguage, type Definition, type Language } from "./code-languages.ts";
import type { LanguageName } from "./formats.ts";
import type { Part } from "./part.ts";

/** Deeper ones are parts of what they stand in. */
const MOST_DEPTH = 12;
/** How far back the beginning of a line is looked for; code is indented by less. */
const MOST_INDENT = 200;
/** Of a name; what is longer is cut later. */
const NAME_CHARACTERS = 200;

/** Longer source code was written by a program. */
const MOST_CHARACTERS = 512 * 1024;
/** So much of the beginning tells whether a text is in the language. */
const SAMPLE_CHARACTERS = 4_096;
/** Errors a character: code has hardly any, in another language a twentieth, and there the parser is ten times as slow. */
const MOST_ERRORS = 0.03;

/**
 * The functions, classes and the like of source code, each with the names around it, and what stands between them. A part
 * begins with the comments, decorators and attributes right above it. A few errors are read past. Undefined for what is not
 * in that language, or too long or too deep for its parser.
 */
export async function codeParts(text: string, name: LanguageName): Promise<Part[] | undefined> {
  if (text.length > MOST_CHARACTERS) return undefined;
  const language = await loadLanguage(name);
  try {
    if (!isIn(language, text)) return undefined;
    const reader = new Reader(text, language);
    reader.read(language.parser.parse(text).topNode, []);
    return reader.parts;
  } catch (error) {
    // Brackets in brackets, thousands deep: parsers that build trees call themselves for each.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function isIn({ parser }: Language, text: string): boolean {
  const sample = text.slice(0, SAMPLE_CHARACTERS);
  let errors = 0;
  parser.parse(sample).iterate({
    enter: ({ type }) => {
      if (type.isError) errors += 1;
    },
  });
  return errors <= 1 + MOST_ERRORS * sample.length;
}

class Reader {
  readonly parts: Part[] = [];
  readonly #text: string;
  readonly #language: Language;

  constructor(text: string, language: Language) {
    this.#text = text;
    this.#language = language;
  }

  read(container: SyntaxNode, path: readonly string[]): void {
    // Of the comments right above what comes next.
    let lead: { readonly from: number; to: number } | undefined;
    let behind = container.from;
    let wasDefinition = false;
    for (let node = container.firstChild; node !== null; node = node.nextSibling) {
      if (lead !== undefined && this.#hasBlankLine(lead.to, node.from)) lead = undefined;
      if (isNote(node.name)) {
        if (lead !== undefined) lead.to = node.to;
        else if (this.#startsLine(behind, node.from)) lead = { from: node.from, to: node.to };
        behind = node.to;
        continue;
      }
      // Signs such as brackets; words have letters.
      if (!/\w/.test(node.name)) {
        behind = node.to;
        continue;
      }
      const from = lead?.from ?? node.from;
      lead = undefined;
      behind = node.to;
      if (this.#language.open.includes(node.name)) {
        this.read(node, path);
        continue;
      }
      const found = this.#definitionIn(node);
      if (found !== undefined) {
        this.#readDefinition(found, from, path);
        wasDefinition = true;
      } else if (wasDefinition) {
        this.#add(from, path);
        wasDefinition = false;
      }
    }
  }

  #readDefinition({ node, definition }: Found, from: number, path: readonly string[]): void {
    const own = [...path, ...this.#namesOf(node, definition)];
    this.#add(from, own);
    if (path.length >= MOST_DEPTH) return;
    for (const name of definition.bodies ?? []) {
      const body = node.getChild(name);
      if (body !== null) this.read(body, own);
    }
  }

  #add(from: number, path: readonly string[]): void {
    const last = this.parts.at(-1)?.start ?? -1;
    const start = this.#lineStart(from, last + 1);
    if (start > last) this.parts.push({ start, path });
  }

  /** The node, or the one that it wraps. */
  #definitionIn(node: SyntaxNode): Found | undefined {
    const { definitions, wrappers } = this.#language;
    let inner: SyntaxNode | null = node;
    while (inner !== null && wrappers.includes(inner.name)) {
      let child: SyntaxNode | null = inner.lastChild;
      while (child !== null && definitions[child.name] === undefined && !wrappers.includes(child.name))
        child = child.prevSibling;
      inner = child;
    }
    const definition = inner === null ? undefined : definitions[inner.name];
    if (inner === null || definition === undefined) return undefined;
    const { having } = definition;
    if (having !== undefined && !having.some((name) => inner.getChild(name) !== null)) return undefined;
    return { node: inner, definition };
  }

  #namesOf(node: SyntaxNode, { word, names, bodies = [], isHead = false }: Definition): string[] {
    if (isHead) {
      const body = bodies.map((name) => node.getChild(name)).find((found) => found !== null);
      return [this.#slice(node.from, body?.from ?? node.to)];
    }
    const holder = names.map((name) => node.getChild(name)).find((found) => found !== null);
    const name = holder === undefined ? "default" : this.#slice(...innermost(holder));
    const receiver = this.#receiverOf(node);
    const own = word === "" ? name : `${word} ${name}`;
    return receiver === undefined ? [own] : [receiver, own];
  }

  /** Go writes the type of a method before its name. */
  #receiverOf(node: SyntaxNode): string | undefined {
    if (node.name !== "MethodDecl") return undefined;
    const type = node.getChild("Parameters")?.getChild("Parameter")?.lastChild;
    return type === undefined || type === null
      ? undefined
      : `type ${this.#slice(type.from, type.to)
          .replace(/^\*/, "")
          .replace(/\[[^]*$/, "")}`;
  }

  #slice(from: number, to: number): string {
    return this.#text.slice(from, Math.min(to, from + NAME_CHARACTERS)).trim();
  }

  #lineStart(from: number, least: number): number {
    const floor = Math.max(least, from - MOST_INDENT);
    const before = this.#text.slice(floor, from);
    const at = before.lastIndexOf("\n") + 1;
    const isLine = at > 0 || floor === 0;
    return isLine && before.slice(at).trim() === "" ? floor + at : from;
  }

  #startsLine(behind: number, from: number): boolean {
    return behind === 0 || this.#text.slice(behind, from).includes("\n");
  }

  #hasBlankLine(from: number, to: number): boolean {
    return /\n[^\S\n]*\n/.test(this.#text.slice(from, to));
  }
}

interface Found {
  readonly node: SyntaxNode;
  readonly definition: Definition;
}

/** Comments, and what says something of the next node. */
function isNote(name: string): boolean {
  return /Comment$|^(Decorator|InnerAttribute|Attributes?|AccessSpecifier)$/.test(name);
}

/** Where the name stands in what holds it: of `*f(int)` it is `f`, of `Spec struct {…}` it is `Spec`. */
function innermost(holder: SyntaxNode): [from: number, to: number] {
  let node = holder;
  while (/Declarator$|^TypeSpec$/.test(node.name)) {
    const inner = node.getChild("FunctionDeclarator") ?? node.firstChild;
    if (inner === null) break;
    node = inner;
  }
  return [node.from, node.to];
}
