import type { ErrorCode } from "./errors.ts";

/** A part of a document's text: from `start` to the next section's start, or the end. */
export interface Section {
  /** UTF-16 offset in the text. */
  readonly start: number;
  /** Where it stands, such as `Guide > Install`: read by the encoder before its text, and no part of it. */
  readonly context?: string;
}

/** Between the names of a context, outermost first. */
export const CONTEXT_SEPARATOR = " > ";

export const SECTION_LIMITS = { sections: 10_000, contextChars: 512 } as const;

interface SectionFault {
  readonly code: ErrorCode;
  readonly field: string;
  readonly message: string;
}

/**
 * The sections of a pushed document, or the first fault with the field it is in, such as `sections[3].start`. No sections
 * and an empty list are the same: null. Unknown fields are left out.
 * @param text that was found usable
 */
export function checkSections(
  value: unknown,
  text: string,
): { readonly sections: readonly Section[] | null } | { readonly fault: SectionFault } {
  if (value === undefined || value === null) return { sections: null };
  const fault = (code: ErrorCode, field: string, message: string): { fault: SectionFault } => ({
    fault: { code, field, message },
  });
  if (!Array.isArray(value)) return fault("invalid", "sections", "sections must be a list of {start, context?}.");
  if (value.length > SECTION_LIMITS.sections)
    return fault(
      "too_large",
      "sections",
      `There are ${value.length} sections; at most ${SECTION_LIMITS.sections} are allowed.`,
    );
  const sections: Section[] = [];
  let before = -1;
  for (const [index, given] of (value as unknown[]).entries()) {
    const field = `sections[${index}]`;
    if (typeof given !== "object" || given === null || Array.isArray(given))
      return fault("invalid", field, `${field} must be an object {start, context?}.`);
    const { start, context } = given as { readonly start?: unknown; readonly context?: unknown };
    if (!Number.isInteger(start) || (start as number) < 0 || (start as number) >= text.length)
      return fault(
        "invalid",
        `${field}.start`,
        `${field}.start must be a whole number from 0 to below the text's length, ${text.length}.`,
      );
    const at = start as number;
    if (at <= before)
      return fault(
        "invalid",
        `${field}.start`,
        `${field}.start is ${at}, not behind the section before it, which starts at ${before}.`,
      );
    if (isInsidePair(text, at))
      return fault("invalid", `${field}.start`, `${field}.start lies inside a surrogate pair: it cuts a character.`);
    before = at;
    if (context === undefined || context === null) {
      sections.push({ start: at });
      continue;
    }
    if (typeof context !== "string") return fault("invalid", `${field}.context`, `${field}.context must be a string.`);
    if (context.length > SECTION_LIMITS.contextChars)
      return fault(
        "too_large",
        `${field}.context`,
        `${field}.context has ${context.length} characters; at most ${SECTION_LIMITS.contextChars} are allowed.`,
      );
    if (!context.isWellFormed() || context.includes("\u0000"))
      return fault(
        "invalid",
        `${field}.context`,
        `${field}.context holds a NUL character or half of a surrogate pair, which no database can store.`,
      );
    sections.push(context.trim() === "" ? { start: at } : { start: at, context });
  }
  return { sections: sections.length === 0 ? null : sections };
}

/** Whether a cut there would part the two halves of a surrogate pair. The text is well-formed. */
function isInsidePair(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** As JSON, one form for equal sections: what is stored, and part of what decides whether a document is unchanged. */
export function sectionsJson(sections: readonly Section[]): string {
  return JSON.stringify(sections.map(({ start, context }) => (context === undefined ? { start } : { start, context })));
}
