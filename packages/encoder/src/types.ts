import type { Device, Flow, PolysemeError, SparseVector } from "@polyseme/core";
import type { ModelPrompts } from "./model-prompts.ts";

/** A text's tokens as the model sees them, special tokens included. */
export interface Tokens {
  readonly ids: Int32Array;
  /** UTF-16 offsets into the text; special tokens have start = end. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 1 where the token is special ([CLS], [SEP] and the like). */
  readonly special: Uint8Array;
  /** True when the text had more tokens than the model takes and was cut, its last special token kept. */
  readonly truncated: boolean;
}

/** A query's tokens as a model for late interaction sees them. */
export interface QueryTokens extends Tokens {
  /** How many of the first tokens the others see: masks may stand behind them that see and are not seen. */
  readonly seen: number;
}

/** What of a text's tokens the model needs. */
export type TokenIds = Pick<Tokens, "ids" | "truncated">;

/** Which of a document's tokens are compared with those of a query. */
export interface ComparedTokens {
  /** Ids of those that are not. */
  readonly skipped: ReadonlySet<number>;
}

export interface ModelInfo {
  readonly name: string;
  /** The folder's absolute path. */
  readonly folder: string;
  /** The ONNX file used, relative to the folder. */
  readonly file: string;
  /** How the file is run: as it is, or rewritten for the device in that precision. */
  readonly graph: "file" | "half" | "float";
  /** Where it runs. */
  readonly device: Exclude<Device, "auto">;
  /** Most padded tokens of one run. */
  readonly batchTokens: number;
  /** `sparse`: it gives a weight for each token of its vocabulary, and no embedding. */
  readonly kind: "dense" | "sparse";
  /** Of the embedding; of a sparse model the tokens of its vocabulary. */
  readonly dimensions: number;
  /** Of the contextual vectors of tokens. */
  readonly tokenDimensions: number;
  /** Of the static ones. */
  readonly staticDimensions: number;
  /**
   * Of a model for late interaction: its contextual vectors have length 1 and are compared token by token, and its queries are
   * not read as its documents are. Undefined: it is none.
   */
  readonly lateInteraction: ComparedTokens | undefined;
  /** The embedding is more than pooled vectors of tokens: layers follow, or it is cut. */
  readonly isProjected: boolean;
  /** To how many of its first values the embedding may be cut; empty: the model was not trained for it. */
  readonly matryoshka: readonly number[];
  /** Most tokens of one text, special tokens counted. */
  readonly maxTokens: number;
  /** Special tokens that the tokenizer puts around a text (2 for BERT). */
  readonly specialTokens: number;
  /** How many of them stand before the text (1 for BERT). */
  readonly leadingTokens: number;
  readonly pooling: "mean" | "cls" | "max" | "last";
  /** What stands before a query and before a document; whoever encodes one puts it there. */
  readonly prompts: ModelPrompts;
}

/** What to compute besides nothing; each costs a copy out of the runtime. */
export interface Wants {
  /** Pooled, L2-normalised, one of `dimensions` a text. */
  readonly embedding?: boolean;
  /** One contextual vector a token: [tokens, tokenDimensions], padding removed. */
  readonly contextual?: boolean;
  /** The input table's row of each token: [tokens, staticDimensions]. */
  readonly statics?: boolean;
  /** Weights of the vocabulary's tokens, the largest 1,000 of them; of sparse models, which give nothing else. */
  readonly sparse?: boolean;
}

export interface Encoded {
  readonly embedding?: Float32Array;
  readonly contextual?: Float32Array;
  readonly statics?: Float32Array;
  readonly sparse?: SparseVector;
  readonly timing: { readonly queuedMs: number; readonly encodeMs: number };
}

/** `interactive` texts (a person waits) are packed before `bulk` ones. */
export type Lane = "interactive" | "bulk";

export interface EncodeOptions {
  readonly wants: Wants;
  readonly lane: Lane;
  /** As `tokenizeQuery` gives it; left out: all tokens see each other. */
  readonly seen?: number | undefined;
  /** `traceparent` of what the text belongs to. */
  readonly trace?: string | undefined;
  /** The bulk lane is shared between flows by their weights, within one by arrival; left out: all those are one flow. */
  readonly flow?: Flow;
  /** Aborted before its batch started: rejected with the signal's reason and never encoded. */
  readonly signal?: AbortSignal;
}

/**
 * One loaded model: tokenizer on libuv threads, ONNX sessions in worker threads, and the packing between.
 * The same text gives the same vectors whatever else is in its batch.
 */
export interface Encoder {
  readonly info: ModelInfo;

  /**
   * Tokens of each text, cut to `maxTokens` with the final special token kept; calls of one turn of the event loop are run
   * together.
   * @throws PolysemeError `unusable_text`
   */
  tokenize(texts: readonly string[]): Promise<Tokens[]>;

  /**
   * The same without offsets, in half the time.
   * @throws PolysemeError `unusable_text`
   */
  tokenizeIds(texts: readonly string[]): Promise<TokenIds[]>;

  /**
   * A query as the model wants it compared token by token: marked as one, cut to the length of its queries and filled up to
   * it with masks. Of other models as `tokenize` gives it.
   * @throws PolysemeError `unusable_text`
   */
  tokenizeQuery(text: string): Promise<QueryTokens>;

  /** A token as the vocabulary writes it; empty when there is none of that id. */
  tokenText(id: number): string;

  /** The text of these ids, as near as the vocabulary keeps it; ids that it does not have are left out. */
  decode(ids: readonly number[], options: { readonly skipSpecialTokens: boolean }): Promise<string>;

  /**
   * Ids given by a caller, with the model's special tokens around them, cut to `maxTokens`.
   * @throws PolysemeError `invalid` when one is not in the vocabulary
   */
  withSpecialTokens(ids: readonly number[]): Int32Array;

  /**
   * All tokens of one text without special tokens and without any cut, for planning chunks. Some 100 bytes a token of
   * native memory and the event loop for 1 ms a thousand tokens: for texts of a few pages.
   */
  tokenizeWhole(text: string): Promise<Tokens>;

  /**
   * Queues one text's ids (as `tokenize` gave them) for the next batch that has room.
   * @throws PolysemeError `invalid` when the model does not give what is wanted; `encode_failed` when the runtime failed or gave NaN or a zero vector, with `details.workerDied`
   * when the text or a neighbour of it ended the encoder's thread; `model_unavailable` when the device is gone or has too
   * little memory; `unavailable` once closing
   */
  encode(ids: Int32Array, options: EncodeOptions): Promise<Encoded>;

  /** Why no text can be encoded any more, such as a device that is gone; undefined while it can. */
  readonly failure: PolysemeError | undefined;

  /** Threads with a session, and those at work. */
  readonly threads: { readonly open: number; readonly busy: number };

  /** Tokens waiting for a batch, for a bound in front of `encode`. */
  readonly waitingTokens: number;

  /** Takes no more, runs what waits, releases the sessions; never ends a thread while a run is in flight. */
  close(): Promise<void>;
}
