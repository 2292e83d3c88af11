import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docxOf, pdfOf } from "../../../../../test/support/made-files.ts";
import { findFiles } from "../find-files.ts";
import { readSources } from "../read-sources.ts";
import type { SourceItem } from "../source.ts";
import { htmlText } from "./html-text.ts";
import { slices } from "./read-parquet.ts";

const PARQUET = fileURLToPath(new URL("../../../../../test/fixtures/sources/notes.parquet", import.meta.url));

const PAGE = `<!doctype html><html><head><title>On  banks &amp; rivers</title><style>p{}</style><script>evil()</script></head>
<body><nav><a href="/">Home</a></nav><header>Site</header>
<h1>Banks</h1><p>The <b>bank</b> raised its rates&nbsp;&mdash; by 5&nbsp;%.<br>Twice.</p>
<ul><li>one</li><li>two &lt;three&gt;</li></ul>
<pre>  keep
    this</pre><table><tr><th>a</th><td>b</td></tr><tr><td>c</td><td>d</td></tr></table>
<p hidden>unseen</p><form><button>Send</button></form><footer>Imprint</footer></body></html>`;

let folder = "";
const items: SourceItem[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "formats-"));
  const files = {
    "a.html": PAGE,
    "b.docx": docxOf(["# Heading", "A paragraph with Grüße.", "Another."]),
    "c.pdf": pdfOf(["The first page.", "The second page."], "A fine title"),
    "d.pdf": pdfOf([""]),
    "e.pdf": "%PDF-1.7 and nothing more",
    "f.docx": "no archive",
    "g.py": "def add(a, b):\n    return a + b\n",
    "h.htm": Buffer.concat([
      Buffer.from('<meta charset="iso-8859-1"><p>K'),
      Buffer.from([0xf6]),
      Buffer.from("ln</p>"),
    ]),
    "j.parquet": "PAR1 is all it has PAR1",
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  await cp(PARQUET, join(folder, "i.parquet"));
  const found = await findFiles([folder]);
  for await (const item of readSources(found.files)) items.push(item);
});
afterAll(() => rm(folder, { recursive: true }));

function documentOf(id: string): Record<string, unknown> {
  const found = items.find((item) => "document" in item && item.document["id"] === id);
  if (found === undefined || !("document" in found)) throw new Error(`no document ${id} in ${JSON.stringify(items)}`);
  return found.document;
}

function problemOf(id: string): string {
  const found = items.find((item) => "problem" in item && item.problem.id === id);
  if (found === undefined || !("problem" in found)) throw new Error(`no problem ${id} in ${JSON.stringify(items)}`);
  return `${found.problem.code}: ${found.problem.message}`;
}

describe("a page", () => {
  it("gives its text a block a line, without scripts, navigation, forms and what is hidden", () => {
    expect(documentOf("a.html")).toEqual({
      id: "a.html",
      title: "On banks & rivers",
      text: "Banks\n\nThe bank raised its rates\u00a0— by 5\u00a0%.\nTwice.\n\n- one\n- two <three>\n\n  keep\n    this\n\na\tb\nc\td",
      sections: [{ start: 0, context: "Banks" }],
      metadata: { file: "a.html" },
    });
  });

  it("that marks its content gives nothing else, and tells where its headings are", () => {
    const { text, headings } = htmlText("<p>around</p><main><h2>A <i>b</i></h2>c<h3></h3><p>d</p></main>");
    expect(text).toBe("A b\n\nc\n\nd");
    expect(headings).toEqual([{ level: 2, start: 0, end: 3 }]);
  });

  it("in another encoding is read as it declares itself", () => {
    expect(documentOf("h.htm")["text"]).toBe("Köln");
  });
});

it("a Word document gives its paragraphs, with the first heading as title", () => {
  expect(documentOf("b.docx")).toMatchObject({
    title: "Heading",
    text: "Heading\n\nA paragraph with Grüße.\n\nAnother.",
  });
  expect(problemOf("f.docx")).toMatch(/^invalid: The file is no archive/);
});

describe("a PDF", () => {
  it("gives its pages, and the offset at which each begins", () => {
    const text = "The first page.\n\nThe second page.";
    const metadata = { file: "c.pdf", pages: 2, pageStarts: [0, 17] };
    expect(documentOf("c.pdf")).toEqual({ id: "c.pdf", title: "A fine title", text, metadata });
  });

  it("without text or sense is a problem that says so", () => {
    expect(problemOf("d.pdf")).toMatch(/^unusable_text: The PDF holds no text/);
    expect(problemOf("e.pdf")).toMatch(/^invalid: The file is no PDF/);
  });
});

describe("a Parquet file", () => {
  it("gives a document a row; other columns are metadata, vectors are left out", () => {
    const at = "2024-01-02T03:04:05.000Z";
    expect(documentOf("one")).toEqual({
      id: "one",
      text: "The bank raised its interest rates.",
      title: "Money",
      metadata: { year: 1999, at, tags: ["a", "b"], raw: "x" },
    });
    expect(documentOf("three")).toEqual({
      id: "three",
      text: "Grüße aus Köln",
      title: "Post",
      metadata: { at, raw: "z" },
    });
    expect(problemOf("j.parquet")).toMatch(/^invalid: The file cannot be read/);
  });

  it("is read in slices that do not cross its groups", () => {
    expect([...slices([2, 0, 10_001])]).toEqual([
      { start: 0, end: 2 },
      { start: 2, end: 10_002 },
      { start: 10_002, end: 10_003 },
    ]);
  });
});

it("source code is text", () => {
  expect(documentOf("g.py")).toMatchObject({ text: "def add(a, b):\n    return a + b\n", metadata: { file: "g.py" } });
});
