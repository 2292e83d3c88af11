import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { wordForm, wordForms } from "./word-form.ts";

describe("the form of a word", () => {
  test("is one for its case, its writing and its endings", () => {
    for (const language of [null, "en", "en-GB"])
      for (const word of ["apple", "Apple", "APPLES", "apples", "Apple's", "apples’", "ａｐｐｌｅ"])
        expect([language, word, wordForm(word, language)]).toEqual([language, word, "appl"]);
  });

  test("tells other words apart", () => {
    expect(wordForm("applet", null)).not.toBe(wordForm("apple", null));
    expect(wordForm("bank", "en")).not.toBe(wordForm("band", "en"));
  });

  test("is that of the collection's language where it has a stemmer", () => {
    expect(wordForm("Häuser", "de")).toBe(wordForm("Haus", "de"));
    expect(wordForm("maisons", "fr-CA")).toBe(wordForm("maison", "fr"));
    expect(wordForm("casas", "es")).toBe(wordForm("casa", "es"));
    expect(wordForm("апельсины", "ru")).toBe(wordForm("апельсин", "ru"));
  });

  test("is the whole word in a language without a stemmer, and without a language beyond ASCII", () => {
    expect(wordForm("苹果", "zh")).toBe("苹果");
    expect(wordForm("apples", "zh")).toBe("apples");
    expect(wordForm("Häuser", null)).toBe("häuser");
    expect(wordForm("iPhone15s", null)).toBe("iphone15s");
  });

  test("is its own form again in case and writing, never empty, and never thrown over", () => {
    const languages = fc.constantFrom(
      null,
      ..."ar bg da de el en es fi fr ga hi hu hy id it lt ne nl no pt ro ru sr sv ta tr uk zh xx".split(" "),
    );
    const words = fc.oneof(
      fc.string({ unit: "binary", minLength: 1, maxLength: 20 }),
      fc.stringMatching(/^[a-z'’]{1,12}$/),
      fc.stringMatching(/^[а-яёa-zäöüßçñéα-ω]{1,12}$/),
      fc.constantFrom("constructor", "__proto__", "'", "’s", "s", "é", "İstanbul", "ﬁn", "½"),
    );
    fc.assert(
      fc.property(words, languages, (word, language) => {
        const form = wordForm(word, language);
        expect(form.length).toBeGreaterThan(0);
        expect(wordForm(word, language)).toBe(form);
        expect(wordForm(word.normalize("NFKC").toLowerCase(), language)).toBe(form);
        for (const part of wordForms(word, language)) expect(part).not.toMatch(/\s/);
      }),
      { numRuns: 500 },
    );
  });
});
