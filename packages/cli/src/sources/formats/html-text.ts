import { html, parse, type DefaultTreeAdapterTypes } from "parse5";

type Node = DefaultTreeAdapterTypes.Node;
type Element = DefaultTreeAdapterTypes.Element;

/** A page as a person reads it. */
export interface PageText {
  readonly title: string | undefined;
  readonly text: string;
  /** Offsets of the headings in the text. */
  readonly headings: readonly { readonly level: number; readonly start: number; readonly end: number }[];
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** Nothing in them is text of the page. Forms hold labels and choices; of a frame and an image only the address is here. */
const NEVER = words(
  "script style noscript template iframe frame object embed canvas svg math audio video map head button select " +
    "datalist textarea input dialog",
);
/** Around the content rather than of it; left out when no part of the page is marked as its content. */
const AROUND = words("nav header footer aside");
const BLOCKS = words(
  "address article aside blockquote body caption dd details div dl dt fieldset figcaption figure footer form " +
    "h1 h2 h3 h4 h5 h6 header hgroup hr legend li main nav ol p pre section summary table tbody tfoot thead tr ul",
);
/** A blank line stands around them. */
const PARAGRAPHS = words("article blockquote dl figure h1 h2 h3 h4 h5 h6 main ol p pre section table ul");
const HEADING = /^h([1-6])$/;

/** What a walk does next: open a node, close an element, or end one of the states it is in. */
type Step = { readonly node: Node; readonly pre: boolean } | { readonly close: Element; readonly pre: boolean };

/**
 * Text of an HTML page: entities decoded, scripts and forms dropped, blocks on lines of their own. The main content alone
 * where the page marks it (`main`, a single `article`), else all but navigation, header, footer and asides.
 */
export function htmlText(source: string): PageText {
  const document = parse(source, { scriptingEnabled: false });
  const all = elementsOf(document);
  const titled = all.find(({ tagName, namespaceURI }) => tagName === "title" && namespaceURI === html.NS.HTML);
  const content = contentOf(all);
  const body = content ?? all.find(({ tagName }) => tagName === "body") ?? document;
  const written = new TextWriter();
  const headings = write(body, written, content === undefined);
  const text = written.text();
  const title = (titled === undefined ? "" : collapse(textOf(titled)).trim()) || headingText(text, headings);
  return { title: title === "" ? undefined : title, text, headings };
}

function headingText(text: string, [first]: PageText["headings"]): string {
  return first === undefined ? "" : text.slice(first.start, first.end);
}

function contentOf(all: readonly Element[]): Element | undefined {
  const shown = all.filter((element) => !isHidden(element));
  const main = shown.find((element) => element.tagName === "main" || attribute(element, "role") === "main");
  if (main !== undefined) return main;
  const articles = shown.filter(({ tagName }) => tagName === "article");
  return articles.length === 1 ? articles[0] : undefined;
}

/** Without recursion: a page may be nested as deep as it is long. */
function write(root: Node, out: TextWriter, isWholePage: boolean): PageText["headings"] {
  const headings: { level: number; start: number; end: number }[] = [];
  const steps: Step[] = [{ node: root, pre: false }];
  for (let step = steps.pop(); step !== undefined; step = steps.pop()) {
    if ("close" in step) {
      const { tagName } = step.close;
      const level = HEADING.exec(tagName)?.[1];
      const open = headings.at(-1);
      if (level !== undefined && open?.end === -1) {
        open.end = out.length;
        if (open.start >= open.end) headings.pop();
      }
      close(tagName, out);
      continue;
    }
    const { node, pre } = step;
    if ("value" in node) {
      if (pre) out.verbatim(node.value);
      else out.words(node.value);
      continue;
    }
    if (!("childNodes" in node)) continue;
    if ("tagName" in node) {
      const { tagName } = node;
      if (NEVER.has(tagName) || isHidden(node) || (isWholePage && AROUND.has(tagName))) continue;
      open(tagName, out);
      const level = HEADING.exec(tagName)?.[1];
      // A heading within a heading is none of its own.
      if (level !== undefined && headings.at(-1)?.end !== -1)
        headings.push({ level: Number(level), start: out.startOfNext, end: -1 });
      steps.push({ close: node, pre });
    }
    const within = pre || ("tagName" in node && node.tagName === "pre");
    for (const child of node.childNodes.toReversed()) steps.push({ node: child, pre: within });
  }
  return headings.filter(({ start, end }) => end > start);
}

function open(tagName: string, out: TextWriter): void {
  if (tagName === "br") out.lines(1);
  else if (tagName === "li") {
    out.lines(1);
    out.words("- ");
  } else if (tagName === "td" || tagName === "th") out.cell();
  else if (PARAGRAPHS.has(tagName)) out.lines(2);
  else if (BLOCKS.has(tagName)) out.lines(1);
}

function close(tagName: string, out: TextWriter): void {
  if (PARAGRAPHS.has(tagName)) out.lines(2);
  else if (BLOCKS.has(tagName)) out.lines(1);
}

function isHidden(element: Element): boolean {
  return attribute(element, "hidden") !== undefined || attribute(element, "aria-hidden") === "true";
}

function attribute({ attrs }: Element, name: string): string | undefined {
  return attrs.find((one) => one.name === name)?.value;
}

/** In the order of the page. */
function elementsOf(root: Node): Element[] {
  const found: Element[] = [];
  const left: Node[] = [root];
  for (let node = left.pop(); node !== undefined; node = left.pop()) {
    if ("tagName" in node) found.push(node);
    if ("childNodes" in node) for (const child of node.childNodes.toReversed()) left.push(child);
  }
  return found;
}

function textOf(element: Element): string {
  return element.childNodes.map((child) => ("value" in child ? child.value : "")).join("");
}

function collapse(text: string): string {
  return text.replace(/[\t\n\f\r ]+/g, " ");
}

/** Gathers text; white space and line ends are written only when more follows. */
class TextWriter {
  readonly #parts: string[] = [];
  #length = 0;
  #lines = 0;
  #gap = "";

  get length(): number {
    return this.#length;
  }

  /** Where the next word will stand. */
  get startOfNext(): number {
    return this.#length + this.#pending().length;
  }

  /** White space of any kind and length is one space. */
  words(text: string): void {
    const collapsed = collapse(text);
    const word = collapsed.trim();
    if (word === "") {
      if (collapsed !== "" && this.#gap === "") this.#gap = " ";
      return;
    }
    if (collapsed.startsWith(" ") && this.#gap === "") this.#gap = " ";
    this.#write(word);
    if (collapsed.endsWith(" ")) this.#gap = " ";
  }

  verbatim(text: string): void {
    if (text !== "") this.#write(text.replaceAll("\r\n", "\n"));
  }

  lines(count: number): void {
    this.#lines = Math.max(this.#lines, count);
  }

  cell(): void {
    if (this.#lines === 0) this.#gap = "\t";
  }

  text(): string {
    return this.#parts.join("").trimEnd();
  }

  #pending(): string {
    if (this.#length === 0) return "";
    return this.#lines > 0 ? "\n".repeat(this.#lines) : this.#gap;
  }

  #write(text: string): void {
    const before = this.#pending();
    this.#lines = 0;
    this.#gap = "";
    this.#parts.push(before, text);
    this.#length += before.length + text.length;
  }
}
