import type { Random } from "./random.ts";

/** A document with the number of its content, which its text names at both ends. */
export interface Copy {
  readonly id: string;
  readonly copy: number;
  readonly text: string;
}

const WORDS =
  "river bank money stone letter winter harbour kettle garden violin market shadow engine orchard ladder planet copper meadow lantern bridge".split(
    " ",
  );

/** Short, as the encoder is not what is tested; of several chunks now and then. */
export function makeCopy(random: Random, id: string, copy: number): Copy {
  const sentences = Array.from({ length: random.chance(0.15) ? random.int(6, 14) : 1 }, () => {
    const words = Array.from({ length: random.int(3, 7) }, () => random.pick(WORDS));
    return `The ${words.join(" ")}.`;
  });
  return { id, copy, text: `${id} copy ${copy} begins. ${sentences.join(" ")} ${id} copy ${copy} ends.` };
}

/** Which content of which document a text is; undefined: no whole one. */
export function copyIn(text: string): { id: string; copy: number } | undefined {
  const [, id, copy] = /^(\S+) copy (\d+) begins\. .* \1 copy \2 ends\.$/s.exec(text) ?? [];
  return id === undefined ? undefined : { id, copy: Number(copy) };
}
