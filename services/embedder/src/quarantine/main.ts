import { asPolysemeError } from "@polyseme/core";
import { makeCatalog, makeEncoderRegistry, type Encoder, type EncoderRegistry } from "@polyseme/encoder";
import { embedWithSparse } from "../embed-sparse.ts";
import { makeTokenPermits } from "../token-permits.ts";
import type { FromChild, SuspectText, ToChild } from "./protocol.ts";

/**
 * Process entry: encodes one suspect at a time with one thread, and may die of it. Ends with its parent: when the channel
 * closes, and never by the signals of a terminal or an orchestrator, which are the parent's to answer.
 */
const TOKENS_IN_WORK = 4 * 1_024;

/** Nothing else is encoded here, so there is nobody to be fair to. */
const ALONE = { key: "suspect", weight: 1 };

const never = new AbortController().signal;
let encoders: EncoderRegistry | undefined;

process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);
// An exit in the middle of a run would abort with a core dump; nothing here is worth an orderly end.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", (message: ToChild) => {
  switch (message.kind) {
    case "open": {
      const { model, modelsDir, device, cacheDir } = message.settings;
      encoders = makeEncoderRegistry(makeCatalog({ defaultModel: model, modelsDir }), { device, cacheDir, threads: 1 });
      return;
    }
    case "embed":
      void embed(message);
      return;
    default:
      throw new Error(`Unknown message ${String(message satisfies never)}`);
  }
});

async function embed({ model, sparseModel, text, sections = null, ...settings }: SuspectText): Promise<void> {
  try {
    if (encoders === undefined) throw new Error("The encoders were not opened");
    const dense = await encoders.get(model);
    const sparse = sparseModel === undefined ? undefined : await encoders.get(sparseModel);
    send({ kind: "begun" });
    const told = { dense: tellProgress(dense), sparse: sparse === undefined ? undefined : tellProgress(sparse) };
    const chunks = await embedWithSparse({ text, sections }, settings, told, makeTokenPermits(TOKENS_IN_WORK), {
      flow: ALONE,
      signal: never,
    });
    send({
      kind: "done",
      chunks: chunks.map(({ text: _text, ...chunk }) => chunk),
    });
  } catch (error) {
    const { code, message, details } = asPolysemeError(error);
    send({ kind: "failed", code, message, details });
  }
}

function tellProgress(encoder: Encoder): Encoder {
  return {
    ...encoder,
    async encode(ids, options) {
      const encoded = await encoder.encode(ids, options);
      send({ kind: "progress" });
      return encoded;
    },
  };
}

function send(message: FromChild): void {
  process.send?.(message);
}
