import type { PolysemeError } from "@polyseme/core";
import type { OpenEncoderOptions } from "./encoder.ts";
import { openOnDevice, type Attempt } from "./open-on-device.ts";
import { openRunner, runInfo, type RunInfo } from "./open-runner.ts";
import { padTyped } from "./pad-batch.ts";
import { readPairFolder, type PairFolder } from "./pair-folder.ts";
import { openPairTokenizer } from "./pair-tokenizer.ts";
import type { EncodeOptions } from "./types.ts";

export type CrossInfo = RunInfo;

/** How well a text answers a query. */
export interface PairScore {
  /** The model's own number, without bounds. */
  readonly logit: number;
  /** Its sigmoid, 0 to 1. */
  readonly score: number;
  /** True when the two had more tokens than the model takes, and the longer one was cut. */
  readonly truncated: boolean;
}

/**
 * One loaded model that reads a query and a text together and says how well they fit. The same pair gives the same score
 * whatever else is in its batch.
 */
export interface CrossEncoder {
  readonly info: CrossInfo;
  /**
   * The scores of a query with each of the texts, in their order; fails as a whole when one of them fails.
   * @throws PolysemeError `unusable_text`, `encode_failed`, `model_unavailable` when the device is gone, `unavailable` once
   * closing; the signal's reason when it is aborted before all batches started
   */
  score(query: string, texts: readonly string[], options: ScoreOptions): Promise<PairScore[]>;
  /** Why nothing can be scored any more; undefined while it can. */
  readonly failure: PolysemeError | undefined;
  readonly threads: { readonly open: number; readonly busy: number };
  /** Tokens waiting for a batch. */
  readonly waitingTokens: number;
  /** Takes no more, runs what waits, releases the sessions. */
  close(): Promise<void>;
}

export type ScoreOptions = Pick<EncodeOptions, "lane" | "signal" | "trace"> & {
  /** Texts that would be cut are refused by it before any is scored. */
  readonly refuseCut?: ((index: number) => PolysemeError) | undefined;
};

export type OpenCrossOptions = Omit<OpenEncoderOptions, "onTokenise" | "file">;

/**
 * Loads a model that scores pairs, runs it once in every thread, and gives it. Close it: its threads keep the process alive.
 * @throws PolysemeError `model_unavailable`
 */
export async function openCrossEncoder(options: OpenCrossOptions): Promise<CrossEncoder> {
  return openOnDevice(readPairFolder, { ...options, file: undefined }, (attempt) => openAttempt(attempt, options));
}

async function openAttempt(attempt: Attempt<PairFolder>, options: OpenCrossOptions): Promise<CrossEncoder> {
  const { model } = attempt;
  const tokenizer = await openPairTokenizer(model);
  const warmUp = padTyped(await tokenizer.tokenizePairs("warm", ["up"]), model.padTokenId);
  const runner = await openRunner(attempt, warmUp, options);
  return {
    info: runInfo(attempt, runner, options.name),
    async score(query, texts, { refuseCut, ...run }) {
      const pairs = await tokenizer.tokenizePairs(query, texts);
      const cut = refuseCut === undefined ? -1 : pairs.findIndex(({ truncated }) => truncated);
      if (refuseCut !== undefined && cut >= 0) throw refuseCut(cut);
      return Promise.all(
        pairs.map(async ({ ids, types, truncated }) => {
          const { score } = await runner.encode(ids, { ...run, types, wants: { score: true } });
          const logit = score?.[0];
          if (logit === undefined) throw new Error("The model gave no score");
          return { logit, score: 1 / (1 + Math.exp(-logit)), truncated };
        }),
      );
    },
    get failure() {
      return runner.failure;
    },
    get threads() {
      return runner.threads;
    },
    get waitingTokens() {
      return runner.waitingTokens;
    },
    close: () => runner.close(),
  };
}
