import { fileURLToPath } from "node:url";
import { Polyseme } from "@polyseme/client";
import { openEncoder } from "@polyseme/encoder";
import { scoreSenses, RULES, VECTORS, type SenseReport } from "../packages/cli/src/eval/score-senses.ts";
import { readUses, type UseSet } from "../packages/cli/src/eval/uses.ts";
import { readUseVectors } from "../packages/cli/src/eval/vectors-of-uses.ts";
import { choiceOption, type BenchContext, type Benchmark } from "./context.ts";
import { modelFolder, MODELS, modelsIn, type Model } from "./models.ts";
import type { Figure } from "./report.ts";
import { startEmbedded } from "./services.ts";
import { encodeUses, type EncodedUse } from "./support/encoded-uses.ts";
import { bySplit, drawn, oneOut, shuffleSenses } from "./support/sense-trials.ts";
import { RULE_NAMES, scoreVariant, VARIANTS, type Trial } from "./support/sense-variants.ts";
import { hasWic, readWicUses } from "./support/wic.ts";

const OWN = fileURLToPath(new URL("../test/fixtures/senses.jsonl", import.meta.url));
/** Of each sense of WiC-TSV; with 3 only 4 words would be left. */
const LEAST_USES = 2;
const AT_ONCE = 2;
const DRAWS = 10;
const DRAWN_KNOWN = [2, 4, 8] as const;
const REACH = 0.89;

/** How well vectors of words tell their senses apart, through the running system and by other rules. */
export const benchSenses: Benchmark = {
  about:
    "accuracy of word senses, contextual against static vectors, through a running server; other rules with --variants",
  options: {
    variants: {
      type: "boolean",
      help: "also other vectors and rules, by the encoder alone: a table on standard error",
    },
    models: { type: "string", help: `with --variants, of ${MODELS.join(", ")}; those at hand by default` },
  },
  async run(context) {
    const sets = await readSets(context);
    const figures = await measureThroughSystem(context, sets);
    if (context.options["variants"] === true)
      for (const model of choiceOption(context, "models", MODELS, modelsIn(context.sharedDir)))
        await showVariants(context, model, sets);
    return figures;
  },
};

interface NamedSet {
  readonly name: string;
  readonly set: UseSet;
  readonly isTarget: boolean;
}

async function readSets({ sharedDir, log }: BenchContext): Promise<NamedSet[]> {
  const own: NamedSet = { name: "own", set: await readUses(OWN), isTarget: true };
  if (!hasWic(sharedDir)) {
    log(`WiC-TSV is not in ${sharedDir} and is left out`);
    return [own];
  }
  const uses = readWicUses(sharedDir, LEAST_USES);
  return [own, { name: "wic-tsv", set: { uses, heldOut: "one out" }, isTarget: false }];
}

async function measureThroughSystem(context: BenchContext, sets: readonly NamedSet[]): Promise<Figure[]> {
  const stack = await startEmbedded(context);
  const client = new Polyseme({ url: stack.url });
  const figures: Figure[] = [];
  for (const { name, set, isTarget } of sets) {
    const vectors = await readUseVectors(client, set.uses, {
      model: undefined,
      atOnce: AT_ONCE,
      signal: new AbortController().signal,
      onUse: () => undefined,
    });
    figures.push(...figuresOf(name, scoreSenses(set, vectors), isTarget));
  }
  await stack.stop();
  return figures;
}

function figuresOf(name: string, report: SenseReport, isTarget: boolean): Figure[] {
  const size = `${report.words.length} words, ${report.asked} uses asked`;
  return VECTORS.flatMap((kind) =>
    RULES.map((rule) => {
      const isReach = isTarget && kind === "contextual" && rule === "centroid";
      const how = rule === "use" ? "nearest use" : "nearest centroid";
      return {
        name: `${name} (${size}): ${kind}, ${how}`,
        unit: "accuracy, mean over words",
        values: [report.accuracy[kind][rule].mean],
        ...(isReach ? { reach: { atLeast: REACH } } : {}),
      };
    }),
  );
}

/** Not figures of the product, so not in its table: what else could be done with the same outputs of the encoder. */
async function showVariants(context: BenchContext, model: Model, sets: readonly NamedSet[]): Promise<void> {
  const encoder = await openEncoder({ folder: await modelFolder(context, model), threads: 1 });
  try {
    for (const { name, set } of sets) {
      const uses = await encodeUses(encoder, set.uses);
      for (const [how, trials] of experiments(uses, set.heldOut))
        showTable(context, `${model}, ${name}, ${how}`, trials);
    }
  } finally {
    await encoder.close();
  }
}

function experiments(uses: readonly EncodedUse[], heldOut: UseSet["heldOut"]): [how: string, trials: Trial[][]][] {
  const shuffled = Array.from({ length: DRAWS }, (_, seed) => oneOut(shuffleSenses(uses, seed)));
  const common: [string, Trial[][]][] = [
    ["one out", [oneOut(uses)]],
    [`one out, senses shuffled: chance, ${DRAWS} draws`, shuffled],
  ];
  if (heldOut === "one out") return common;
  const draws = DRAWN_KNOWN.map((known): [string, Trial[][]] => [
    `${known} uses a sense known, ${DRAWS} draws`,
    Array.from({ length: DRAWS }, (_, seed) => drawn(uses, known, seed)),
  ]);
  return [["given split", [bySplit(uses)]], ...draws, ...common];
}

function showTable({ log }: BenchContext, title: string, draws: readonly (readonly Trial[])[]): void {
  log("");
  log(`${title}: ${RULE_NAMES.join(" | ")}`);
  for (const variant of VARIANTS) {
    const scores = draws.map((trials) => scoreVariant(trials, variant));
    const cells = RULE_NAMES.map((rule) =>
      (scores.reduce((sum, score) => sum + score[rule], 0) / scores.length).toFixed(3),
    );
    log(`  ${`${variant.representation}, less ${variant.centre}`.padEnd(42)} ${cells.join("  ")}`);
  }
}
