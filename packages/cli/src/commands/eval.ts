import { InvalidArgumentError, Option, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { compareWithExact, type ExactComparison } from "../eval/against-exact.ts";
import { printExact } from "../eval/print-exact.ts";
import { measureRetrieval } from "../eval/retrieval.ts";
import { printRetrieval, retrievalNotes } from "../eval/print-retrieval.ts";
import { printSenses } from "../eval/print-senses.ts";
import { readQuestions } from "../eval/read-questions.ts";
import { retrievalJson, senseJson } from "../eval/report-json.ts";
import { scoreSenses } from "../eval/score-senses.ts";
import { combineSettings, GROUPS, MODES, RERANKS, type SettingChoices } from "../eval/settings.ts";
import { readUses } from "../eval/uses.ts";
import { readUseVectors } from "../eval/vectors-of-uses.ts";
import { DEFAULT_COLLECTION, withServerOptions, wholeNumber, type ServerOptions } from "../options.ts";
import { makeProgressView } from "../progress.ts";
import { withServer } from "../server.ts";
import { plural } from "../terminal.ts";

interface Options extends ServerOptions {
  readonly collection: readonly string[];
  readonly mode: SettingChoices["modes"];
  readonly rerank: SettingChoices["reranks"];
  readonly group: (typeof GROUPS)[number];
  readonly k: number;
  readonly split?: string;
  readonly atOnce: number;
  readonly against?: "exact";
  readonly senses?: true;
  readonly model?: string;
}

const DEFAULT_K = 10;
const MAX_K = 1_000;
const DEFAULT_AT_ONCE = 2;
const MAX_AT_ONCE = 32;

const HELP = `
DATA is yours, one of:
  questions   a folder in BEIR's layout (queries.jsonl, qrels/*.tsv), or NDJSON lines
              {"query": …, "relevant": ["document id", …] or {"document id": grade, …},
               "answer"?: {"docId": …, "quote": …}}
  word uses   with --senses: NDJSON lines
              {"word": …, "text": …, "sense": …, "span"?: [start, end], "split"?: "train" or "test"}
Several collections, modes or rerankings give a row for each combination, and how each differs from the first.
docs/evaluating.md says what the figures mean.`;

/** `polyseme eval`: standard measures on the user's own labelled data. */
export function addEval(program: Command, context: CliContext): void {
  const command = program
    .command("eval")
    .description("Measure search or word senses on your own labelled data, settings side by side")
    .argument("<data>", "labelled questions, or with --senses labelled uses of words")
    .option("-c, --collection <name>", "a collection to ask; may be repeated", repeated, [])
    .addOption(repeatedChoice("--mode <mode>", "how to search; may be repeated", MODES))
    .addOption(repeatedChoice("--rerank <how>", "how to rerank; may be repeated", RERANKS))
    .addOption(
      new Option("--group <what>", "rank documents, or chunks by where the answer stands")
        .choices(GROUPS)
        .default("document"),
    )
    .option("-k, --k <count>", "places that recall looks at", wholeNumber(1, MAX_K), DEFAULT_K)
    .option("--split <name>", "which qrels of a BEIR folder: test, or the only one there is")
    .option("--at-once <count>", "searches at once", wholeNumber(1, MAX_AT_ONCE), DEFAULT_AT_ONCE)
    .addOption(
      new Option("--against <what>", "how much of an exact search's answer the index finds").choices(["exact"]),
    )
    .option("--senses", "DATA are labelled uses of words")
    .option("--model <name>", "with --senses: another model than the server's default")
    .addHelpText("after", HELP);
  withServerOptions(command).action(async (data: string, options: Options) => {
    if (options.senses === true) await evalSenses(context, data, options);
    else if (options.against === "exact") await evalIndex(context, data, options);
    else await evalRetrieval(context, data, options);
  });
}

async function evalRetrieval(context: CliContext, data: string, options: Options): Promise<void> {
  const { group, k, atOnce } = options;
  const collections = options.collection.length === 0 ? [DEFAULT_COLLECTION] : options.collection;
  const settings = combineSettings({ collections, modes: options.mode, reranks: options.rerank });
  const set = await readQuestions(data, options.split);
  const report = await withServer(context, options.url, ({ client, signal }) =>
    withProgress(context, "search", settings.length * set.questions.length, (onAnswer) =>
      measureRetrieval(client, settings, set, { group, k, atOnce, signal, onAnswer }),
    ),
  );
  for (const note of retrievalNotes(report)) context.err.line(note);
  if (options.json === true) context.out.json(retrievalJson(report));
  else printRetrieval(report, context.out);
}

/** Only the questions count here, not what is relevant to them. */
async function evalIndex(context: CliContext, data: string, options: Options): Promise<void> {
  const { k, atOnce } = options;
  const collections = options.collection.length === 0 ? [DEFAULT_COLLECTION] : options.collection;
  const queries = (await readQuestions(data, options.split)).questions.map(({ query }) => query);
  const comparisons = await withServer(context, options.url, ({ client, signal }) =>
    withProgress(context, "question", collections.length * queries.length, async (onAnswer) => {
      const done: ExactComparison[] = [];
      for (const collection of collections)
        done.push(await compareWithExact(client, collection, queries, { k, atOnce, signal, onAnswer }));
      return done;
    }),
  );
  if (options.json === true)
    context.out.json({ kind: "index", k, questions: queries.length, collections: comparisons });
  else printExact(comparisons, { k, questions: queries.length }, context.out);
}

async function evalSenses(context: CliContext, data: string, options: Options): Promise<void> {
  const set = await readUses(data);
  const vectors = await withServer(context, options.url, ({ client, signal }) =>
    withProgress(context, "use", set.uses.length, (onUse) =>
      readUseVectors(client, set.uses, { model: options.model, atOnce: options.atOnce, signal, onUse }),
    ),
  );
  const report = scoreSenses(set, vectors);
  if (report.leftOut > 0)
    context.err.line(
      `Left out: ${plural(report.leftOut, "use")} of a word with one sense, or of a sense without another labelled use.`,
    );
  if (options.json === true) context.out.json(senseJson(report));
  else printSenses(report, context.out);
}

/** Shows on standard error how much of the work is done. */
async function withProgress<T>(
  context: CliContext,
  what: string,
  total: number,
  work: (onDone: () => void) => Promise<T>,
): Promise<T> {
  const view = makeProgressView(context);
  const startedMs = performance.now();
  let done = 0;
  try {
    return await work(() => {
      done += 1;
      const secondsEach = (performance.now() - startedMs) / 1_000 / done;
      view.update({ what, done, total, tokensPerSecond: undefined, secondsLeft: secondsEach * (total - done) });
    });
  } finally {
    view.stop();
  }
}

function repeated(value: string, earlier: readonly string[]): string[] {
  return [...earlier, value];
}

/** An option that may be given several times, each time with one of these. */
function repeatedChoice(flags: string, about: string, choices: readonly string[]): Option {
  return new Option(flags, about)
    .choices(choices)
    .argParser((value: string, earlier: readonly string[]) => {
      if (!choices.includes(value)) throw new InvalidArgumentError(`Allowed choices are ${choices.join(", ")}.`);
      return [...earlier, value];
    })
    .default([], "the server's own");
}
