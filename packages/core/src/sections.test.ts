import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checkDocument } from "./document.ts";
import { checkSections, SECTION_LIMITS } from "./sections.ts";

const TEXT = "One 😀 two three.";

function faultOf(sections: unknown, text = TEXT): { code: string; field: string } {
  const checked = checkSections(sections, text);
  if ("sections" in checked) throw new Error("They were accepted");
  return { code: checked.fault.code, field: checked.fault.field };
}

describe("sections that are taken", () => {
  test("keep start and context alone, and a context of white space is none", () => {
    const given = [
      { start: 0, context: "A > B", level: 2 },
      { start: 4, context: null },
      { start: 7, context: " " },
    ];
    expect(checkSections(given, TEXT)).toEqual({
      sections: [{ start: 0, context: "A > B" }, { start: 4 }, { start: 7 }],
    });
  });

  test("are none where there are none, null or an empty list, and then the document is as without", () => {
    const plain = checkDocument({ id: "a", text: TEXT });
    for (const sections of [undefined, null, []]) {
      expect(checkSections(sections, TEXT)).toEqual({ sections: null });
      expect(checkDocument({ id: "a", text: TEXT, sections })).toStrictEqual(plain);
    }
  });

  test("have one JSON form, however their fields were ordered", () => {
    const jsonOf = (sections: unknown): string | undefined => {
      const checked = checkDocument({ id: "a", text: TEXT, sections });
      return "document" in checked ? checked.document.sectionsJson : undefined;
    };
    expect(jsonOf([{ context: "A", start: 0, more: 1 }])).toBe('[{"start":0,"context":"A"}]');
  });

  test("may reach every limit exactly", () => {
    const text = "x".repeat(SECTION_LIMITS.sections);
    const context = "c".repeat(SECTION_LIMITS.contextChars);
    const sections = Array.from(text, (_, start) => ({ start, context }));
    expect(checkSections(sections, text)).toEqual({ sections });
  });
});

test.each<[string, unknown, string, string]>([
  ["no list", {}, "invalid", "sections"],
  ["a text", "0", "invalid", "sections"],
  ["an entry that is no object", [0], "invalid", "sections[0]"],
  ["an entry without a start", [{ context: "A" }], "invalid", "sections[0].start"],
  ["a start in words", [{ start: "0" }], "invalid", "sections[0].start"],
  ["a start that is no whole number", [{ start: 0.5 }], "invalid", "sections[0].start"],
  ["a start below the text", [{ start: -1 }], "invalid", "sections[0].start"],
  ["a start at the text's end", [{ start: 0 }, { start: TEXT.length }], "invalid", "sections[1].start"],
  ["a start before the one before", [{ start: 4 }, { start: 3 }], "invalid", "sections[1].start"],
  ["two at one place", [{ start: 4 }, { start: 4 }], "invalid", "sections[1].start"],
  ["a start inside a surrogate pair", [{ start: 5 }], "invalid", "sections[0].start"],
  ["a context that is no text", [{ start: 0, context: 1 }], "invalid", "sections[0].context"],
  ["a context of 513 characters", [{ start: 0, context: "c".repeat(513) }], "too_large", "sections[0].context"],
  ["a NUL in a context", [{ start: 0, context: "a\u0000" }], "invalid", "sections[0].context"],
  ["half a surrogate pair in a context", [{ start: 0, context: "a\ud83d" }], "invalid", "sections[0].context"],
])("%s is refused with the field at fault", (_what, sections, code, field) => {
  expect(faultOf(sections)).toEqual({ code, field });
  expect(checkDocument({ id: "a", text: TEXT, sections })).toMatchObject({ rejection: { id: "a", code, field } });
});

test("more than 10,000 sections are refused", () => {
  const text = "x".repeat(SECTION_LIMITS.sections + 1);
  const sections = Array.from(text, (_, start) => ({ start }));
  expect(faultOf(sections, text)).toEqual({ code: "too_large", field: "sections" });
});

test("any JSON value is taken or refused with a field under sections, and never thrown at", () => {
  const entry = fc.oneof(
    fc.record({ start: fc.integer({ min: -2, max: 40 }), context: fc.oneof(fc.string(), fc.jsonValue()) }),
    fc.jsonValue(),
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.array(entry), fc.jsonValue()),
      fc.string({ minLength: 1, unit: "grapheme" }),
      (value, text) => {
        const checked = checkSections(value, text);
        if ("fault" in checked) expect(checked.fault.field).toMatch(/^sections(\[\d+\](\.(start|context))?)?$/);
        else for (const { start } of checked.sections ?? []) expect(text.slice(start).isWellFormed()).toBe(true);
      },
    ),
    { numRuns: 200 },
  );
});
