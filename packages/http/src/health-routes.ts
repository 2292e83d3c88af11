import { messageOf, withDeadline, type Metrics } from "@polyseme/core";
import type { FastifyPluginCallback } from "fastify";
import { Type } from "typebox";

/** One thing a process needs in order to serve. */
export interface Probe {
  readonly name: string;
  /** Rejects when it does not work. */
  readonly check: () => Promise<unknown>;
}

const PROBE_DEADLINE_MS = 5_000;

export interface HealthOptions {
  readonly probes: readonly Probe[];
  readonly metrics: Metrics;
  /** Brings gauges up to date before the metrics are read. */
  readonly refreshMetrics?: (() => Promise<void>) | undefined;
}

const ReadinessSchema = Type.Object({
  status: Type.Enum(["ready", "not ready"]),
  checks: Type.Record(Type.String(), Type.String(), { description: "What was checked: ok, or what is wrong" }),
});

/** Liveness, readiness, metrics and the API's description. */
export const healthRoutes: FastifyPluginCallback<HealthOptions> = (app, options, done) => {
  const probes = options.probes.map(oneAtATime);
  const alive = {
    operationId: "health",
    summary: "Alive",
    tags: ["operations"],
    response: { 200: Type.Object({ status: Type.String() }) },
  };
  app.get("/healthz", { config: { needs: "nobody" }, schema: alive }, () => ({ status: "alive" }));

  const readiness = {
    operationId: "ready",
    summary: "Ready to serve",
    tags: ["operations"],
    response: { 200: ReadinessSchema, 503: ReadinessSchema },
  };
  app.get("/readyz", { config: { needs: "nobody" }, schema: readiness }, async (_request, reply) => {
    const results = await Promise.all(probes.map(runProbe));
    const ready = results.every(({ ok }) => ok);
    return reply.status(ready ? 200 : 503).send({
      status: ready ? "ready" : "not ready",
      checks: Object.fromEntries(results.map(({ name, ok, message }) => [name, ok ? "ok" : message])),
    });
  });

  const metrics = {
    operationId: "metrics",
    summary: "Prometheus text",
    tags: ["operations"],
    response: { 200: { description: "Metrics", content: { "text/plain": { schema: Type.String() } } } },
  };
  app.get("/metrics", { config: { needs: "metrics" }, schema: metrics }, async (request, reply) => {
    // A gauge that cannot be refreshed keeps its last value; the other metrics are what explains why.
    await withDeadline("gauges", PROBE_DEADLINE_MS, () => options.refreshMetrics?.() ?? Promise.resolve()).catch(
      (error: unknown) => {
        request.log.warn({ reason: messageOf(error) }, "gauges not refreshed");
      },
    );
    return reply.type(options.metrics.registry.contentType).send(await options.metrics.registry.metrics());
  });

  app.get("/openapi.json", { config: { needs: "read", tiedKeys: "served" }, schema: { hide: true } }, () =>
    app.swagger(),
  );
  done();
};

/** A check without an answer for this long may wait for a connection that is lost; a new one is given a chance then. */
const SHARED_MS = 10_000;

/** Who asks while a check hangs waits for the same one, so that a server that is silent is not given ever more to do. */
function oneAtATime({ name, check }: Probe): Probe {
  let pending: { readonly result: Promise<unknown>; readonly sinceMs: number } | undefined;
  return {
    name,
    check() {
      if (pending === undefined || performance.now() - pending.sinceMs > SHARED_MS) {
        const started = { result: check(), sinceMs: performance.now() };
        const forget = (): void => {
          if (pending === started) pending = undefined;
        };
        started.result.then(forget, forget);
        pending = started;
      }
      return pending.result;
    },
  };
}

async function runProbe({ name, check }: Probe): Promise<{ name: string; ok: boolean; message: string }> {
  try {
    await withDeadline(name, PROBE_DEADLINE_MS, async () => {
      await check();
    });
    return { name, ok: true, message: "" };
  } catch (error) {
    return { name, ok: false, message: messageOf(error) };
  }
}
