import { setTimeout as after } from "node:timers/promises";
import {
  CPU_BUDGET,
  readModelFolder,
  takeBatch,
  type BatchReport,
  type Encoded,
  type Encoder,
  type EncoderRegistry,
  type ModelCatalog,
  type Tokens,
  type WaitingItem,
} from "@polyseme/encoder";
import { openTokenizer } from "../../packages/encoder/src/tokenizer.ts";

export interface InstantOptions {
  /** `words` splits by a regular expression, with true offsets; `real` is the model's own tokenizer. */
  readonly tokenizer: "words" | "real";
  /** 0: vectors at once; else one batch at a time, as packed for a CPU worker, takes this long and no CPU. */
  readonly batchMs: number;
  readonly onBatch: (batch: BatchReport) => void;
}

const CLS = 101;
const SEP = 102;
/** Different vectors; texts share them, the store does not care. */
const VECTORS = 1_024;

/** In place of the model: everything around the encoder is real, the encoder itself costs nothing. */
export async function makeInstantEncoders(catalog: ModelCatalog, options: InstantOptions): Promise<EncoderRegistry> {
  const { folder, name } = await catalog.find(catalog.defaultModel);
  const model = await readModelFolder(folder);
  const real = options.tokenizer === "real" ? await openTokenizer(model) : undefined;
  const vectors = Array.from({ length: VECTORS }, (_, seed) => unitVector(seed, model.dimensions));
  const runner = options.batchMs === 0 ? undefined : slowRunner(options.batchMs, options.onBatch);
  const words = {
    tokenize: (texts: readonly string[]) => Promise.resolve(texts.map((text) => splitWords(text, true))),
    tokenizeIds: (texts: readonly string[]) => Promise.resolve(texts.map((text) => splitWords(text, true))),
    tokenizeWhole: (text: string) => Promise.resolve(splitWords(text, false)),
  };
  const tokenizer = real ?? words;
  const encoder: Encoder = {
    info: {
      name,
      folder,
      file: model.file,
      graph: "file",
      device: "cpu",
      kind: "dense",
      batchTokens: CPU_BUDGET.maxTokens,
      dimensions: model.dimensions,
      tokenDimensions: model.dimensions,
      staticDimensions: model.dimensions,
      lateInteraction: undefined,
      isProjected: false,
      matryoshka: [],
      maxTokens: model.maxTokens,
      specialTokens: 2,
      leadingTokens: 1,
      prompts: { query: "", document: "" },
      pooling: model.pooling,
    },
    tokenize: (texts) => tokenizer.tokenize(texts),
    tokenizeIds: (texts) => tokenizer.tokenizeIds(texts),
    tokenizeWhole: (text) => tokenizer.tokenizeWhole(text),
    tokenizeQuery: () => Promise.reject(new Error("Not asked for")),
    decode: () => Promise.reject(new Error("Not asked for")),
    tokenText: () => "",
    withSpecialTokens: (ids) => Int32Array.from([CLS, ...ids, SEP]),
    async encode(ids, { wants }): Promise<Encoded> {
      await runner?.(ids.length);
      const embedding = vectors[((ids[1] ?? 0) * 31 + ids.length) % VECTORS];
      if (embedding === undefined) throw new Error("There is no vector");
      const contextual = wants.contextual === true ? { contextual: repeated(embedding, ids.length) } : {};
      return { embedding, ...contextual, timing: { queuedMs: 0, encodeMs: options.batchMs } };
    },
    failure: undefined,
    threads: { open: 0, busy: 0 },
    waitingTokens: 0,
    close: () => Promise.resolve(),
  };
  return { catalog, get: () => Promise.resolve(encoder), loaded: () => [], close: () => Promise.resolve() };
}

/** Words and single other characters, numbered by their letters; no more tokens than the text has words. */
function splitWords(text: string, special: boolean): Tokens {
  const ids: number[] = [];
  const starts: number[] = [];
  const ends: number[] = [];
  const add = (id: number, start: number, end: number): void => {
    ids.push(id);
    starts.push(start);
    ends.push(end);
  };
  if (special) add(CLS, 0, 0);
  for (const { 0: word, index } of text.matchAll(/\w+|[^\s\w]/g))
    add(1_000 + ((word.charCodeAt(0) * 131 + word.length) % 29_000), index, index + word.length);
  if (special) add(SEP, 0, 0);
  const isSpecial = ids.map((_, at) => (special && (at === 0 || at === ids.length - 1) ? 1 : 0));
  return {
    ids: Int32Array.from(ids),
    starts: Int32Array.from(starts),
    ends: Int32Array.from(ends),
    special: Uint8Array.from(isSpecial),
    truncated: false,
  };
}

/** A worker with one session, asleep for as long as a batch would take. */
function slowRunner(batchMs: number, onBatch: (batch: BatchReport) => void): (tokens: number) => Promise<void> {
  const waiting = new Set<WaitingItem & { readonly done: () => void }>();
  let running = false;

  async function drain(): Promise<void> {
    if (running) return;
    running = true;
    // Texts of one turn are packed together, as the real runner does.
    await Promise.resolve();
    while (waiting.size > 0) {
      const batch = takeBatch([...waiting], CPU_BUDGET, performance.now());
      for (const item of batch) waiting.delete(item);
      await after(batchMs);
      for (const { done } of batch) done();
      const tokens = batch.reduce((sum, item) => sum + item.tokens, 0);
      const paddedTokens = batch.length * Math.max(...batch.map((item) => item.tokens));
      onBatch({
        texts: batch.length,
        tokens,
        paddedTokens,
        encodeMs: batchMs,
        lane: "bulk",
        longestWaitMs: 0,
        traces: [],
      });
    }
    running = false;
  }

  return (tokens) =>
    new Promise((done) => {
      waiting.add({ tokens, arrivedMs: performance.now(), lane: "bulk", order: 0, done });
      void drain();
    });
}

function repeated(vector: Float32Array, count: number): Float32Array {
  const all = new Float32Array(vector.length * count);
  for (let row = 0; row < count; row += 1) all.set(vector, row * vector.length);
  return all;
}

/** Of length 1, by a small generator of its own, so that runs are alike. */
function unitVector(seed: number, dimensions: number): Float32Array {
  let state = seed * 2_654_435_761 + 1;
  const values = Float32Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32 - 0.5;
  });
  const length = Math.hypot(...values);
  return values.map((value) => value / length);
}
