/** What is wrong with labelled data, and where. */
export interface Fault {
  /** Such as `questions.jsonl:3`. */
  readonly origin: string;
  readonly message: string;
}

const LISTED = 20;

/**
 * Collects faults, so that all of them can be mended at once. A measure on half of the data would be another figure than
 * the one asked for, so any fault ends the run.
 */
export class Faults {
  readonly #listed: Fault[] = [];
  #count = 0;

  add(origin: string, message: string): void {
    this.#count += 1;
    if (this.#listed.length < LISTED) this.#listed.push({ origin, message });
  }

  /** @throws Error that names every fault by file and line, at most 20 of them */
  throwIfAny(): void {
    if (this.#count === 0) return;
    const lines = this.#listed.map(({ origin, message }) => `  ${origin}: ${message}`);
    const rest = this.#count - this.#listed.length;
    throw new Error(
      ["The labelled data cannot be used:", ...lines, ...(rest > 0 ? [`  and ${rest} more`] : [])].join("\n"),
    );
  }
}
