import { checkDocument, SECTION_LIMITS } from "@polyseme/core";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { headingSections } from "./headings.ts";
import { outlineOf } from "./outline.ts";
import { tidySections } from "./tidy.ts";

/** Long enough that a part which holds it stands by itself. */
const BODY = "This sentence is here so that its part of the text is long enough to be found by itself. ".repeat(3);
const CODE = Array.from({ length: 12 }, (_, i) => `  const value${i} = compute(${i}) + offset;`).join("\n");

/** Each section's context with the first line of its text. */
async function linesOf(format: string, text: string): Promise<[context: string | undefined, line: string][]> {
  const { sections } = await outlineOf(format, text);
  return sections.map(({ start, context }) => [context, text.slice(start).split("\n")[0] ?? ""]);
}

const contextsOf = async (format: string, text: string): Promise<(string | undefined)[]> =>
  (await outlineOf(format, text)).sections.map(({ context }) => context);

describe("Markdown", () => {
  test("begins a section at each heading, ATX or setext, with the headings above it as context", async () => {
    const text = `# Guide\n\n${BODY}\n\nInstall\n-------\n\n${BODY}\n\n### On *Linux* with \`apt\` ###\n\n${BODY}\n\n## Use\n\n${BODY}`;
    expect(await linesOf("md", text)).toEqual([
      ["Guide", "# Guide"],
      ["Guide > Install", "Install"],
      ["Guide > Install > On Linux with apt", "### On *Linux* with `apt` ###"],
      ["Guide > Use", "## Use"],
    ]);
  });

  test("takes no sign in code, quotes, lists or comments for a heading", async () => {
    const text = `# Guide\n\n${BODY}\n\n\`\`\`sh\n# a comment\n\`\`\`\n\n~~~\n## no\n~~~\n\n    # code\n\n> # quoted\n\n- # listed\n\n<!--\n# hidden\n-->\n\n#nospace\n\n${BODY}`;
    expect(await contextsOf("md", text)).toEqual(["Guide"]);
  });

  test("writes the words of a heading without links, images, marks and entities", async () => {
    const heading = '## The [way](http://x "t") of **A &amp; B** \\* <b>c</b> ![d](e.png) &#x41;';
    expect(await contextsOf("md", `${heading}\n\n${BODY}`)).toEqual(["The way of A & B * c d A"]);
  });

  test.each([
    ["---\ntitle: 'It''s a page' \ntags: [a]\n---\n", "It's a page"],
    ['+++\ntitle = "A \\"page\\""\n+++\n', 'A "page"'],
    ["---\r\nTitle: Plain # why\r\n---\r\n", "Plain"],
  ])("reads the title of %j and puts it above headings of the second level", async (front, title) => {
    const text = `${front}\n## Part\n\n${BODY}`;
    expect((await outlineOf("md", text)).title).toBe(title);
    expect((await contextsOf("md", text)).at(-1)).toBe(`${title} > Part`);
  });

  test("has the first heading as title where no front matter has one, and none without", async () => {
    // A title with a NUL would have the whole document refused.
    expect(await outlineOf("md", "# \u0000")).not.toHaveProperty("title");
    expect((await outlineOf("md", "# a\u0000b")).title).toBe("ab");
    expect((await outlineOf("md", "---\ntitle: a\u0000b\n---\ntext")).title).toBe("ab");
    expect((await outlineOf("MD", `text\n\n## The *title* ##\n`)).title).toBe("The title");
    expect(await outlineOf("md", "---\nno: title\n---\ntext")).toEqual({ sections: [] });
    expect(await outlineOf("md", "---\nnot closed\n\ntext")).toEqual({ sections: [] });
  });

  test("joins a heading without a text to its first part, and small parts of one parent to each other", async () => {
    const text = `# Guide\n\n## Install\n\n${BODY}\n\n## A\n\nshort\n\n## B\n\nshort\n\n## C\n\n${BODY}`;
    expect(await linesOf("md", text)).toEqual([
      ["Guide > Install", "# Guide"],
      ["Guide", "## A"],
      ["Guide > C", "## C"],
    ]);
  });
});

describe("source code", () => {
  const cases: readonly [format: string, text: string, contexts: (string | undefined)[]][] = [
    [
      "ts",
      `import a from "a";\n${CODE}\n\n/** Says. */\nexport async function say<T>(x: T): void {\n${CODE}\n}\n\nexport class Foo extends Bar {\n  @dec()\n  bar() {\n${CODE}\n  }\n\n  #baz = () => {\n${CODE}\n  };\n}\n\nexport const run = async () => {\n${CODE}\n};\n\nmain();\n${CODE}\n`,
      [undefined, "say", "class Foo > bar", "class Foo", "run", undefined],
    ],
    [
      "py",
      `import a\n\n@dec\ndef f(x):\n${CODE.replaceAll("const ", "")}\n\nclass A(B):\n  """${BODY}"""\n\n  @property\n  def m(self):\n${CODE.replaceAll("  const ", "    ")}\n`,
      ["f", "class A", "class A > m"],
    ],
    [
      "java",
      `package a;\n\n/** Doc. */\npublic class A {\n  @Override\n  public void m() {\n${CODE.replaceAll("const", "int")}\n  }\n\n  A() {\n${CODE.replaceAll("const", "int")}\n  }\n}\n`,
      ["class A > m", "class A > A"],
    ],
    [
      "cpp",
      `namespace n {\ntemplate <class T>\nT* Foo::bar(int x) {\n${CODE.replaceAll("const", "int")}\n}\n\nclass B {\n public:\n  ~B() {\n${CODE.replaceAll("const", "int")}\n  }\n};\n}\n`,
      ["namespace n > Foo::bar", "namespace n > class B > ~B"],
    ],
    [
      "rs",
      `use a;\n\n/// Doc.\n#[derive(Debug)]\npub struct S {\n${CODE.replace(/const (\w+) .*;/g, "$1: i32,")}\n}\n\nimpl Tr for S {\n  pub fn m(&self) {\n${CODE.replaceAll("const", "let")}\n  }\n}\n`,
      ["struct S", "impl Tr for S > m"],
    ],
    [
      "go",
      `package a\n\n// F does.\nfunc F(x int) int {\n${CODE.replaceAll("const ", "")}\n}\n\nfunc (s *S[T]) M() {\n${CODE.replaceAll("const ", "")}\n}\n`,
      ["F", "type S > M"],
    ],
    [
      "php",
      `<?php\nnamespace A;\n\nfunction f() {\n${CODE.replaceAll("const ", "$")}\n}\n\nfinal class C {\n  public function m() {\n${CODE.replaceAll("const ", "$")}\n  }\n}\n`,
      ["f", "class C > m"],
    ],
  ];

  test.each(cases)(
    "in %s is cut at functions and classes, with the names around them",
    async (format, text, expected) => {
      expect(await contextsOf(format, text)).toEqual(expected);
    },
  );

  test("keeps comments, decorators and the indentation of its first line with what they are about", async () => {
    const text = `${CODE}\n\n// About f.\n// More.\nfunction f() {\n${CODE}\n} // end of f\n\nclass A {\n  /** About m. */\n  @dec()\n  m() {\n${CODE}\n  }\n\n  n() {\n${CODE}\n  }\n}\n`;
    expect((await linesOf("js", text)).map(([, line]) => line)).toEqual([
      "  const value0 = compute(0) + offset;",
      "// About f.",
      "class A {",
      "  n() {",
    ]);
  });

  test("of other languages is cut at blocks behind blank lines, and so is what is not in its language", async () => {
    const block = (name: string): string => `def ${name}\n${CODE}\nend\n`;
    const text = `${block("one")}\n${block("two")}\n  indented\n\n${block("three")}`;
    const starts = (await outlineOf("rb", text)).sections.map(({ start }) => text.slice(start, start + 7));
    expect(starts).toEqual(["def one", "def two", "def thr"]);
    const lines = Array.from({ length: 9 }, (_, i) => `${i}: «${BODY}» ¶ £ 100 % ]) }{ ;; ??\n\n`).join("");
    expect((await outlineOf("go", lines)).sections.length).toBe(9);
  });

  test("in brackets thousands deep is no harm", async () => {
    expect((await outlineOf("js", "[".repeat(100_000))).sections).toEqual([]);
  });
});

test("headings of a page whose text was taken out of it become sections", () => {
  const text = `Before.\n\nGuide\n\n${BODY}\n\nInstall\n\n${BODY}`;
  const at = (name: string, level: number) => ({
    level,
    start: text.indexOf(name),
    end: text.indexOf(name) + name.length,
  });
  expect(headingSections(text, [at("Guide", 1), at("Install", 3)])).toEqual([
    { start: 0, context: "Guide" },
    { start: text.indexOf("Install"), context: "Guide > Install" },
  ]);
  expect(headingSections(text, [])).toEqual([]);
});

test("plain text and formats that nobody knows have no sections", async () => {
  for (const format of ["txt", "", "xyz", "constructor"])
    expect(await outlineOf(format, `# A\n\n${BODY}\n\n# B\n\n${BODY}`)).toEqual({ sections: [] });
});

test("contexts keep to their length by leaving out the outermost names, and sections to their number", () => {
  const path = Array.from({ length: 12 }, (_, i) => `${i} ${"x".repeat(80)}`);
  const [section] = tidySections([{ start: 0, path }], 1_000);
  expect(section?.context?.length).toBeLessThanOrEqual(SECTION_LIMITS.contextChars);
  expect(section?.context).toMatch(/> 11 x+$/);
  const many = Array.from({ length: 12_000 }, (_, i) => ({ start: i * 300, path: [`H${i}`] }));
  const sections = tidySections(many, 12_000 * 300);
  expect(sections).toHaveLength(SECTION_LIMITS.sections);
  expect(sections.at(-1)).not.toHaveProperty("context");
});

const FORMATS = ["md", "ts", "tsx", "js", "py", "java", "cpp", "rs", "go", "php", "rb", "html", "txt"];
const piece = fc.oneof(
  fc.constantFrom(
    "# ",
    "## ",
    "\n",
    "\n\n",
    "---\n",
    "===\n",
    "```\n",
    "> ",
    "- ",
    "{",
    "}",
    "(",
    ")",
    ";",
    "  ",
    "\t",
    "\r\n",
  ),
  fc.constantFrom(
    "function f",
    "class A ",
    "def g():\n",
    "impl X for Y ",
    "func (s *S) M()",
    "<?php ",
    "=> ",
    "/* ",
    "*/",
    "//",
    "@d ",
  ),
  fc.constantFrom(
    "title: x\n",
    "*a*",
    "`b`",
    "[l](u)",
    "&amp;",
    "\\",
    "😀",
    "\ud83d",
    "\ude00",
    "\u0000",
    "\u2028",
    '"',
    "'",
    "é",
  ),
  fc.string({ unit: "binary", maxLength: 8 }),
);
const anyText = fc.array(piece, { maxLength: 60 }).map((parts) => parts.join(""));

test("sections of any text are sorted, inside of it, cut no character, and are taken by the door", async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...FORMATS), anyText, fc.boolean(), async (format, given, isLong) => {
      const text = isLong ? given.replaceAll("\n", `\n${"x ".repeat(120)}\n`) : given;
      const { sections, title } = await outlineOf(format, text);
      let at = -1;
      for (const { start } of sections) {
        expect(start).toBeGreaterThan(at);
        expect(start).toBeLessThan(text.length);
        at = start;
      }
      const slices = sections.map(({ start }, index) => text.slice(start, sections[index + 1]?.start ?? text.length));
      expect(text.slice(0, sections[0]?.start ?? text.length) + slices.join("")).toBe(text);
      const usable = text.toWellFormed().replaceAll("\u0000", " ");
      if (usable.trim() === "") return;
      const checked = checkDocument({ id: "a", text: usable, title: title?.toWellFormed(), sections });
      expect(checked).not.toHaveProperty("rejection");
    }),
    { numRuns: 200 },
  );
});
