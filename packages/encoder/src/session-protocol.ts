import type { SparseVector } from "@polyseme/core";
import type { Precision } from "./made-graph.ts";
import type { PaddedBatch } from "./pad-batch.ts";

/** What a worker is started with. */
export interface WorkerStart {
  readonly spec: SessionSpec;
  /**
   * One shared number: the run that the worker began last, so that it is known which one it died of. Not a message, as
   * each would wake the main thread.
   */
  readonly begun: Int32Array<SharedArrayBuffer>;
}

/** Everything a worker needs to open its session. */
export interface SessionSpec {
  /** Absolute path of the ONNX file. */
  readonly path: string;
  /** Bytes to put behind the file's, empty for none. */
  readonly appended: Uint8Array;
  /** Absolute folder of weights kept in files of their own. */
  readonly weightsFolder: string;
  readonly providers: readonly string[];
  /** The graph is rewritten in that precision before it is opened; undefined: run as it is. */
  readonly rewritten?: Precision | undefined;
  /** Where rewritten graphs are kept. */
  readonly cacheDir?: string | undefined;
  readonly hasTokenTypes: boolean;
  /** Its integer products are to be done in 32 bits where the CPU would add them in 16. */
  readonly mayOverflow?: boolean | undefined;
  /** Position of a text's first token, where the graph wants to be told them; undefined: it counts by itself. */
  readonly firstPosition?: number | undefined;
  /** Of what the model gives. */
  readonly outputNames: Readonly<Partial<Record<Output, string | undefined>>>;
  /** Of the embedding, or of the sparse one. */
  readonly dimensions: number;
  /** Of the contextual vectors of tokens. */
  readonly tokenDimensions: number;
  /** Of rows of the input table; left out: the same. */
  readonly staticDimensions?: number;
  /** A text for the first run, which allocates and proves that the model runs. */
  readonly warmUp: PaddedBatch;
}

/** `score`: of a model for pairs, one logit a pair. */
export type DenseOutput = "embedding" | "contextual" | "statics" | "score";
export type Output = DenseOutput | "sparse";

/** One flag per text, in the batch's order; what is left out nobody wants. */
export type WantedOutputs = Readonly<Partial<Record<Output, readonly boolean[]>>>;

export interface RunMessage {
  readonly kind: "run";
  /** Told back with the result: runs need not end in the order in which they were posted. */
  readonly run: number;
  readonly batch: PaddedBatch;
  readonly wanted: WantedOutputs;
  /** Before others that wait in the worker. */
  readonly urgent: boolean;
}

export type ToWorker = RunMessage | { readonly kind: "close" };

/** The vectors of one text, [1, dimensions] or [tokens, dimensions], padding removed; a score is [1]. Or its sparse one. */
export type TextVectors = Readonly<Partial<Record<DenseOutput, Float32Array<ArrayBuffer>>>> & {
  readonly sparse?: SparseVector;
};

export interface RunResult {
  readonly texts: readonly TextVectors[];
  readonly encodeMs: number;
}

export type FromWorker =
  | { readonly kind: "ready" }
  /** The session could not be opened. */
  | { readonly kind: "broken"; readonly message: string; readonly noDevice?: boolean }
  /** The device answers no more, so the run's failure says nothing about its texts; the thread ends. */
  | { readonly kind: "lost"; readonly message: string }
  | ({ readonly kind: "done"; readonly run: number } & RunResult)
  | {
      readonly kind: "failed";
      readonly run: number;
      readonly message: string;
      /** For want of memory, which says nothing about a text. */
      readonly outOfMemory: boolean;
    };
