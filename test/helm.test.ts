import { readFile } from "node:fs/promises";
import type { Backends } from "@polyseme/backends";
import { makeLog, makeMetrics, readConfig, type StopStep } from "@polyseme/core";
import { makeEmbedder, makeQuarantine, makeThroughput } from "@polyseme/embedder";
import type { EncoderRegistry } from "@polyseme/encoder";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { findHelm, helm, render, type Container, type Deployment } from "./support/chart.ts";

const found = findHelm();
if (found === undefined)
  process.stderr.write(
    "HELM NOT AVAILABLE: the chart's tests are skipped; infra/helm/build-helm.sh builds it with Go\n",
  );
const path = found ?? "";

const PLAIN = { existingSecret: "settings" };
const MADE = {
  secrets: { databaseUrl: "postgres://u:p@db/x", redisUrl: "redis://r", apiKeys: ["a".repeat(20), "b".repeat(20)] },
};
const GPU = { ...PLAIN, embedder: { gpu: { enabled: true } } };
const EVERYTHING = {
  ...GPU,
  keda: { enabled: true, target: "gpu" },
  ingress: { enabled: true, apiHost: "api.example", ingestHost: "ingest.example" },
  networkPolicy: { enabled: true, monitoring: [{ namespaceSelector: {} }] },
  monitoring: { labels: { release: "prom" }, podMonitor: { enabled: true }, rules: { enabled: true } },
  extraEnv: [{ name: "POLYSEME_QUEUE_SHARDS", value: "4" }],
};

describe.skipIf(found === undefined)("the Helm chart", () => {
  test.each([
    ["an existing secret", PLAIN],
    ["a secret made", MADE],
    ["a GPU", GPU],
    ["everything on", EVERYTHING],
  ])("has no fault with %s", (_name, values) => {
    expect(helm(path, "lint", values)).toContain("0 chart(s) failed");
    const names = render(path, values).all.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test("runs the three services, each by its own command, port and image", () => {
    const rendered = render(path, { ...PLAIN, image: { repository: "registry/polyseme", tag: "9" } });
    const seen = rendered.deployments().map((deployment) => {
      const { args, ports, image } = containerOf(deployment);
      return { name: deployment.metadata.name, args, port: ports[0]?.containerPort, image };
    });
    const image = "registry/polyseme:9";
    expect(seen.sort((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: "prod-polyseme-api", args: ["serve", "api"], port: 8080, image },
      { name: "prod-polyseme-embedder", args: ["serve", "embedder"], port: 8080, image },
      { name: "prod-polyseme-ingest", args: ["serve", "ingest"], port: 8081, image },
    ]);
  });

  test("every pod runs as nobody in particular, on files it cannot change, without rights and without a token", () => {
    for (const deployment of render(path, EVERYTHING).deployments()) {
      const pod = deployment.spec.template.spec;
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 1000,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(containerOf(deployment).securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ["ALL"] },
      });
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.serviceAccountName).toBe("prod-polyseme");
      expect(containerOf(deployment).volumeMounts).toEqual([{ name: "tmp", mountPath: "/tmp" }]);
      expect(pod.volumes).toEqual([{ name: "tmp", emptyDir: { sizeLimit: expect.any(String) as string } }]);
    }
  });

  test("every pod is asked whether it started, lives and is ready, with more patience than the answers take", () => {
    for (const deployment of render(path, EVERYTHING).deployments()) {
      const { startupProbe, livenessProbe, readinessProbe } = containerOf(deployment);
      expect(startupProbe.httpGet).toEqual({ path: "/healthz", port: "http" });
      expect(startupProbe.periodSeconds * startupProbe.failureThreshold).toBeGreaterThanOrEqual(120);
      expect(livenessProbe.httpGet).toEqual({ path: "/healthz", port: "http" });
      expect(readinessProbe.httpGet).toEqual({ path: "/readyz", port: "http" });
      expect(readinessProbe.timeoutSeconds).toBeGreaterThan(5);
    }
  });

  test("a worker is given longer to stop than all its steps may take together", () => {
    const steps = embedderStopSteps().reduce((sum, { withinMs }) => sum + withinMs, 0);
    // Those of the process around it: the HTTP server, the encoder, the connections.
    const worstSeconds = (steps + 5_000 + 10_000 + 5_000) / 1_000;
    for (const name of ["prod-polyseme-embedder", "prod-polyseme-embedder-gpu"])
      expect(render(path, GPU).deployment(name).spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(
        worstSeconds + 10,
      );
  });

  test("the services that are called keep answering for a moment after they were told to go", () => {
    const rendered = render(path, PLAIN);
    for (const name of ["prod-polyseme-ingest", "prod-polyseme-api"])
      expect(containerOf(rendered.deployment(name)).lifecycle).toEqual({
        preStop: { exec: { command: ["sleep", "5"] } },
      });
    expect(containerOf(rendered.deployment("prod-polyseme-embedder")).lifecycle).toBeUndefined();
  });

  test("every pod says what it needs at least and at most, and encoder threads follow the cores asked for", () => {
    for (const deployment of render(path, EVERYTHING).deployments()) {
      const { requests, limits } = containerOf(deployment).resources;
      expect(Object.keys(requests)).toEqual(expect.arrayContaining(["cpu", "memory"]));
      expect(Object.keys(limits)).toEqual(expect.arrayContaining(["cpu", "memory"]));
    }
    for (const service of ["api", "embedder"])
      expect(env(render(path, PLAIN).deployment(`prod-polyseme-${service}`), "POLYSEME_ENCODER_THREADS")).toEqual({
        name: "POLYSEME_ENCODER_THREADS",
        valueFrom: { resourceFieldRef: { containerName: service, resource: "requests.cpu", divisor: "1" } },
      });
  });

  test("pods of a service are spread over zones and nodes, and not all evicted at once", () => {
    const rendered = render(path, EVERYTHING);
    for (const { metadata, spec } of rendered.deployments()) {
      const { topologySpreadConstraints } = spec.template.spec;
      expect(topologySpreadConstraints.map(({ topologyKey }) => topologyKey)).toEqual([
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
      ]);
      const budget = rendered.one("PodDisruptionBudget", metadata.name);
      expect(budget.spec["selector"]).toEqual(spec.selector);
      expect(budget.spec["maxUnavailable"]).toBeDefined();
      for (const { labelSelector } of topologySpreadConstraints) expect(labelSelector).toEqual(spec.selector);
      expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
    }
  });

  test("connection strings and keys come from a secret only: one that is there, or one that is made", () => {
    const existing = render(path, PLAIN);
    expect(existing.of("Secret")).toEqual([]);
    const made = render(path, MADE);
    expect(made.one("Secret", "prod-polyseme").stringData).toEqual({
      DATABASE_URL: "postgres://u:p@db/x",
      REDIS_URL: "redis://r",
      POLYSEME_API_KEYS: `${"a".repeat(20)},${"b".repeat(20)}`,
      POLYSEME_METRICS_KEY: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
    for (const [rendered, name] of [
      [existing, "settings"],
      [made, "prod-polyseme"],
    ] as const)
      for (const deployment of rendered.deployments()) {
        const reference = (key: string): unknown => env(deployment, key)?.valueFrom?.["secretKeyRef"];
        expect(reference("DATABASE_URL")).toEqual({ name, key: "DATABASE_URL" });
        expect(reference("POLYSEME_API_KEYS")).toEqual({ name, key: "POLYSEME_API_KEYS" });
        expect(reference("POLYSEME_METRICS_KEY")).toEqual({ name, key: "POLYSEME_METRICS_KEY", optional: true });
        expect(reference("REDIS_URL")).toEqual({ name, key: "REDIS_URL", optional: true });
      }
  });

  test("without KEDA the workers are a plain number; with it the autoscaler alone sets it", () => {
    const plain = render(path, { ...PLAIN, embedder: { replicas: 7 } });
    expect(plain.deployment("prod-polyseme-embedder").spec.replicas).toBe(7);
    expect(plain.of("ScaledObject")).toEqual([]);
    const scaled = render(path, { ...PLAIN, keda: { enabled: true } });
    expect(scaled.deployment("prod-polyseme-embedder").spec).not.toHaveProperty("replicas");
    expect(scaled.deployment("prod-polyseme-ingest").spec.replicas).toBe(2);
  });

  test("KEDA asks ingest for worker-seconds and divides them by the drain time", () => {
    const rendered = render(path, { ...PLAIN, keda: { enabled: true, drainSeconds: 90, minReplicas: 0 } });
    const { spec } = rendered.one("ScaledObject", "prod-polyseme-embedder");
    expect(spec).toMatchObject({ scaleTargetRef: { name: "prod-polyseme-embedder" }, minReplicaCount: 0 });
    expect(spec["triggers"]).toEqual([
      {
        type: "metrics-api",
        metricType: "AverageValue",
        metadata: {
          url: "http://prod-polyseme-ingest.search.svc:8081/metrics",
          format: "prometheus",
          valueLocation: "polyseme_backlog_worker_seconds",
          targetValue: "90",
          activationTargetValue: "0",
          authMode: "bearer",
        },
        authenticationRef: { name: "prod-polyseme-metrics" },
      },
    ]);
    expect(rendered.one("TriggerAuthentication", "prod-polyseme-metrics").spec["secretTargetRef"]).toEqual([
      { parameter: "token", name: "settings", key: "POLYSEME_METRICS_KEY" },
    ]);
    const service = rendered.one("Service", "prod-polyseme-ingest");
    expect(service.spec["selector"]).toEqual(rendered.deployment("prod-polyseme-ingest").spec.selector.matchLabels);
  });

  test("KEDA can ask a Prometheus instead, where every ingest pod tells the same figure", () => {
    const keda = { enabled: true, trigger: "prometheus", prometheus: { serverAddress: "http://prometheus:9090" } };
    const { spec } = render(path, { ...PLAIN, keda }).one("ScaledObject", "prod-polyseme-embedder");
    expect(spec["triggers"]).toMatchObject([
      {
        type: "prometheus",
        metricType: "AverageValue",
        metadata: { query: 'max(polyseme_backlog_worker_seconds{namespace="search"})', threshold: "60" },
      },
    ]);
  });

  test("a GPU worker is a Deployment of its own: its image, one GPU a pod, and the device said", () => {
    const rendered = render(path, EVERYTHING);
    const deployment = rendered.deployment("prod-polyseme-embedder-gpu");
    const { image, resources, args } = containerOf(deployment);
    expect({ image, args }).toEqual({ image: "polyseme-gpu:0.1.0", args: ["serve", "embedder"] });
    expect([resources.requests["nvidia.com/gpu"], resources.limits["nvidia.com/gpu"]]).toEqual([1, 1]);
    expect(env(deployment, "POLYSEME_DEVICE")?.value).toBe("cuda");
    expect(deployment.spec.template.spec.tolerations?.map(({ key }) => key)).toEqual(["nvidia.com/gpu"]);
    expect(deployment.spec.strategy.rollingUpdate).toEqual({ maxSurge: 0, maxUnavailable: 1 });
    expect(rendered.one("ScaledObject", "prod-polyseme-embedder-gpu").spec["scaleTargetRef"]).toEqual({
      name: "prod-polyseme-embedder-gpu",
    });
    expect(env(rendered.deployment("prod-polyseme-embedder"), "POLYSEME_DEVICE")).toBeUndefined();
  });

  test("shows the Prometheus operator its pods and its alerts, as they are outside the chart", async () => {
    const rendered = render(path, EVERYTHING);
    const monitor = rendered.one("PodMonitor", "prod-polyseme");
    expect(monitor.metadata.labels["release"]).toBe("prom");
    const { matchLabels } = monitor.spec["selector"] as { matchLabels: Record<string, string> };
    for (const deployment of rendered.deployments())
      expect(deployment.spec.template.metadata.labels).toMatchObject(matchLabels);
    const rules = await readFile(
      new URL("../infra/observability/prometheus/polyseme.rules.yml", import.meta.url),
      "utf8",
    );
    expect(rendered.one("PrometheusRule", "prod-polyseme").spec).toEqual(parse(rules));
    expect(render(path, PLAIN).all.map(({ kind }) => kind)).not.toContain("PodMonitor");
  });

  test("further settings reach every service", () => {
    for (const deployment of render(path, EVERYTHING).deployments())
      expect(env(deployment, "POLYSEME_QUEUE_SHARDS")?.value).toBe("4");
  });

  test.each([
    ["no connection string", { secrets: { apiKeys: ["a".repeat(20)] } }, /existingSecret, or secrets.databaseUrl/],
    ["no key", { secrets: { databaseUrl: "postgres://db/x" } }, /secrets.apiKeys/],
    ["a short key", { secrets: { ...MADE.secrets, apiKeys: ["short"] } }, /apiKeys/],
    ["an unknown value", { ...PLAIN, replicaCount: 3 }, /replicaCount/],
    ["a GPU to scale that is off", { ...PLAIN, keda: { enabled: true, target: "gpu" } }, /embedder.gpu.enabled/],
    ["a Prometheus without address", { ...PLAIN, keda: { enabled: true, trigger: "prometheus" } }, /serverAddress/],
  ])("is refused with %s, in words that say what to set", (_name, values, words) => {
    expect(() => render(path, values)).toThrow(words);
  });
});

function containerOf(deployment: Deployment): Container {
  return deployment.spec.template.spec.containers[0];
}

function env(deployment: Deployment, name: string) {
  return containerOf(deployment).env.find((variable) => variable.name === name);
}

/** The steps as the service itself lists them; nothing is started. */
function embedderStopSteps(): readonly StopStep[] {
  const service = makeEmbedder({
    backends: {} as Backends,
    encoders: {} as EncoderRegistry,
    inference: { name: "inference", check: () => Promise.resolve() },
    throughput: makeThroughput(1),
    quarantine: makeQuarantine({ settings: readConfig({}), log: makeLog("silent", "test") }),
    log: makeLog("silent", "test"),
    metrics: makeMetrics({ processMetrics: false }),
  });
  return service.stopSteps(new AbortController().signal);
}
