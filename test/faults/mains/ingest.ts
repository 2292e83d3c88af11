import { makeCatalog } from "@polyseme/encoder/catalog";
import { makeIngest } from "@polyseme/ingest";
import { runAsService } from "../../support/run-as-service.ts";
import { dieHere } from "./die.ts";
import { trapBackends } from "./trap.ts";

/** The ingest service as its own main.ts composes it, on backends that end the process at a chosen moment. */
await runAsService("ingest", (context, config, signals) => {
  const trap = dieHere();
  const catalog = makeCatalog({ defaultModel: config.model, modelsDir: config.modelsDir });
  const backends = trapBackends(context.backends, trap);
  const service = makeIngest({ ...context, backends, catalog, stop: signals.stop, maxPending: config.maxPending });
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
});
