import { readConfig, runMain } from "@polyseme/core";
import { makeCatalog } from "@polyseme/encoder/catalog";
import { runProcess } from "@polyseme/http";
import { makeIngest } from "@polyseme/ingest";
import { dieHere } from "./die.ts";
import { trapBackends } from "./trap.ts";

/** The ingest service as its own main.ts composes it, on backends that end the process at a chosen moment. */
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
        name: "ingest",
        defaultPort: 0,
        unbuiltRoutes: [],
        makeParts: (context) => {
          const catalog = makeCatalog({ defaultModel: config.model, modelsDir: config.modelsDir });
          const backends = trapBackends(context.backends, trap);
          const service = makeIngest({
            ...context,
            backends,
            catalog,
            stop: signals.stop,
            maxPending: config.maxPending,
          });
          return Promise.resolve({
            services: [
              {
                ...service,
                routes: async (app) => {
                  app.addHook("preHandler", (request) =>
                    request.method === "POST" ? trap.around("body", () => Promise.resolve()) : Promise.resolve(),
                  );
                  if (service.routes !== undefined) await app.register(service.routes);
                },
              },
            ],
            closeSteps: [],
          });
        },
      },
    );
  },
);
