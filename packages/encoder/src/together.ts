interface Waiting<Result> {
  readonly texts: readonly string[];
  readonly resolve: (results: Result[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A call into the native library costs as much as a short text, and what one call gives is read in one turn. */
const MOST = { texts: 128, characters: 128 * 1024 } as const;

/**
 * Joins the calls of one turn of the event loop into a few of `run`; nobody waits for others to come.
 * What fails for several callers is tried again for each alone, so that a text fails nobody but its own caller.
 */
export function makeTogether<Result>(
  run: (texts: readonly string[]) => Promise<Result[]>,
): (texts: readonly string[]) => Promise<Result[]> {
  let waiting: Waiting<Result>[] = [];

  const flush = (): void => {
    const calls = waiting;
    waiting = [];
    for (const group of groupsOf(calls)) void runGroup(run, group);
  };

  return (texts) =>
    texts.length === 0
      ? Promise.resolve([])
      : new Promise((resolve, reject) => {
          waiting.push({ texts, resolve, reject });
          if (waiting.length === 1) setImmediate(flush);
        });
}

function groupsOf<Result>(calls: readonly Waiting<Result>[]): Waiting<Result>[][] {
  const groups: Waiting<Result>[][] = [];
  let texts = Infinity;
  let characters = Infinity;
  for (const call of calls) {
    const size = call.texts.reduce((sum, { length }) => sum + length, 0);
    if (texts + call.texts.length > MOST.texts || characters + size > MOST.characters) {
      groups.push([]);
      texts = 0;
      characters = 0;
    }
    groups.at(-1)?.push(call);
    texts += call.texts.length;
    characters += size;
  }
  return groups;
}

/** Never rejects: each caller learns its own fate. */
async function runGroup<Result>(
  run: (texts: readonly string[]) => Promise<Result[]>,
  group: readonly Waiting<Result>[],
): Promise<void> {
  try {
    const results = await run(group.flatMap(({ texts }) => texts));
    let from = 0;
    for (const { texts, resolve } of group) resolve(results.slice(from, (from += texts.length)));
  } catch (error) {
    if (group.length === 1) group[0]?.reject(error);
    else await Promise.all(group.map((one) => runGroup(run, [one])));
  }
}
