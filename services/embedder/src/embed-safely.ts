import { asPolysemeError, type Flow, type Log } from "@polyseme/core";
import type { EmbeddedChunk } from "@polyseme/store";
import { embedWithSparse, type DocumentEncoders } from "./embed-sparse.ts";
import type { InTurn } from "./in-turn.ts";
import type { JobTrace } from "./job-trace.ts";
import type { Quarantine } from "./quarantine/quarantine.ts";
import type { SectionedText } from "./stretches.ts";
import type { TokenPermits } from "./token-permits.ts";
import type { DocumentSettings } from "./turn.ts";
import type { FormsByLanguage } from "./word-forms.ts";

export interface EmbedDeps {
  readonly permits: TokenPermits;
  /** Long texts are cut one after the other. */
  readonly inTurn: InTurn;
  readonly formsOf: FormsByLanguage;
  readonly quarantine: Pick<Quarantine, "embed">;
  readonly log: Log;
  /** Aborted: documents whose encoding has not begun are given back. */
  readonly abandon: AbortSignal;
}

/**
 * Embeds a document; a suspect is encoded where it can do no harm, and so is one whose batch ended its thread, as it may
 * have been it.
 * @throws PolysemeError as the encoder and the quarantine do
 */
export async function embedSafely(
  deps: EmbedDeps,
  document: SectionedText & {
    readonly id: string;
    readonly model: string;
    /** Of collections with a sparse model. */
    readonly sparseModel?: string | undefined;
    readonly settings: DocumentSettings;
    readonly flow: Flow;
    readonly isSuspect: boolean;
    readonly trace?: JobTrace;
  },
  encoders: DocumentEncoders,
): Promise<EmbeddedChunk[]> {
  const { id, model, sparseModel, text, sections = null, settings, flow, isSuspect, trace } = document;
  const inQuarantine = (): Promise<EmbeddedChunk[]> => {
    deps.log.warn({ document: id }, "document goes to quarantine");
    return deps.quarantine.embed({ model, sparseModel, text, sections, ...settings }, deps.abandon);
  };
  if (isSuspect) return inQuarantine();
  try {
    return await embedWithSparse(document, settings, encoders, deps.permits, {
      flow,
      signal: deps.abandon,
      ...(trace === undefined ? {} : { trace }),
      inTurn: deps.inTurn,
      formsOf: deps.formsOf,
    });
  } catch (error) {
    if (asPolysemeError(error).details?.["workerDied"] !== true || deps.abandon.aborted) throw error;
    return inQuarantine();
  }
}
