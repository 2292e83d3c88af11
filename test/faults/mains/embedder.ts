import { readConfig, runMain } from "@polyseme/core";
import { makeQuarantine, makeEmbedder, makeThroughput } from "@polyseme/embedder";
import { encoderThreads, openEncoders } from "@polyseme/encoder";
import { runProcess } from "@polyseme/http";
import { dieHere } from "./die.ts";
import { trapBackends, trapEncoders } from "./trap.ts";

/** The embedder as its own main.ts composes it, on backends and an encoder that end the process at a chosen moment. */
await runMain(
  process,
  (line) => process.stderr.write(`${line}\n`),
  (signals) => {
    const config = readConfig(process.env);
    const trap = dieHere();
    return runProcess(
      {
        config,
        pid: process.pid,
        signals,
        onListening: (url) => {
          process.stdout.write(`${url}\n`);
        },
      },
      {
        name: "embedder",
        defaultPort: 0,
        unbuiltRoutes: [],
        async makeParts(context) {
          const throughput = makeThroughput(encoderThreads(config));
          const { encoders, inference, closeStep } = await openEncoders(
            config,
            { ...context, work: "bulk" },
            (batch) => {
              throughput.record(batch);
            },
          );
          const backends = trapBackends(context.backends, trap);
          return {
            services: [
              makeEmbedder({
                ...context,
                backends,
                encoders: trapEncoders(encoders, trap),
                inference,
                throughput,
                quarantine: makeQuarantine({ settings: config, log: context.log }),
              }),
            ],
            closeSteps: [closeStep],
          };
        },
      },
    );
  },
);
