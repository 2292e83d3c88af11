import { makeEmbedder, makeQuarantine, makeThroughput } from "@polyseme/embedder";
import { encoderThreads, openEncoders } from "@polyseme/encoder";
import { runAsService } from "../../support/run-as-service.ts";
import { dieHere } from "./die.ts";
import { trapBackends, trapEncoders } from "./trap.ts";

/** The embedder as its own main.ts composes it, on backends and an encoder that end the process at a chosen moment. */
await runAsService("embedder", async (context, config) => {
  const trap = dieHere();
  const throughput = makeThroughput(encoderThreads(config));
  const { encoders, inference, closeStep } = await openEncoders(config, { ...context, work: "bulk" }, (batch) => {
    throughput.record(batch);
  });
  return {
    services: [
      makeEmbedder({
        ...context,
        backends: trapBackends(context.backends, trap),
        encoders: trapEncoders(encoders, trap),
        inference,
        throughput,
        quarantine: makeQuarantine({ settings: config, log: context.log }),
      }),
    ],
    closeSteps: [closeStep],
  };
});
