import { access, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { parse } from "yaml";

interface ComposeService {
  readonly profiles?: string[];
  readonly image: string;
  readonly build?: { dockerfile: string };
  readonly command: string[];
  readonly environment?: Record<string, string | number>;
  readonly deploy?: unknown;
  readonly user?: string;
  readonly read_only?: boolean;
  readonly tmpfs?: string[];
  readonly volumes?: string[];
  readonly ports?: string[];
  readonly cap_drop?: string[];
  readonly security_opt?: string[];
}

const file = (path: string): Promise<string> => readFile(new URL(`../${path}`, import.meta.url), "utf8");

async function composeServices(): Promise<Record<string, ComposeService>> {
  const compose = parse(await file("docker-compose.yml"), { merge: true }) as {
    services: Record<string, ComposeService>;
  };
  return compose.services;
}

test("compose starts the pipeline without a GPU, and a GPU worker only when its profile is asked for", async () => {
  const services = await composeServices();
  const plain = Object.keys(services).filter((name) => services[name]?.profiles === undefined);
  expect(plain.sort()).toEqual(["api", "embedder", "ingest", "postgres", "redis"]);
  expect(services["embedder-gpu"]).toMatchObject({
    profiles: ["gpu"],
    image: "polyseme-gpu:local",
    build: { dockerfile: "infra/docker/embedder.gpu.Dockerfile" },
    command: ["serve", "embedder"],
    environment: { POLYSEME_DEVICE: "cuda", DATABASE_URL: services["embedder"]?.environment?.["DATABASE_URL"] },
    deploy: { resources: { reservations: { devices: [{ driver: "nvidia", count: 1, capabilities: ["gpu"] }] } } },
  });
});

test("compose shows the dashboard when its profile is asked for, from the files that are here", async () => {
  const services = await composeServices();
  for (const name of ["prometheus", "grafana"]) {
    const service = services[name];
    expect(service?.profiles).toEqual(["observability"]);
    expect(service?.image).toMatch(/:v?\d+\.\d+\.\d+$/);
    for (const port of service?.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    const mounted = (service?.volumes ?? []).map((volume) => volume.split(":")[0] ?? "");
    const files = mounted.filter((from) => from.startsWith("./"));
    expect(files.length).toBeGreaterThan(0);
    for (const from of files) await access(new URL(`../${from}`, import.meta.url));
  }
});

test("every container in compose runs on files it cannot change and without rights", async () => {
  const all = Object.entries(await composeServices());
  expect(all).toHaveLength(8);
  for (const [, service] of all)
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      tmpfs: expect.arrayContaining(["/tmp"]) as string[],
    });
});

test("no container in compose runs as root: ours by their image, the servers by name", async () => {
  const users: Record<string, string> = {
    redis: "redis",
    postgres: "postgres",
    prometheus: "nobody",
    grafana: "grafana",
  };
  for (const [name, { user }] of Object.entries(await composeServices()))
    expect([name, user]).toEqual([name, users[name]]);
});

test("compose opens ports to this machine alone, and none of Redis and Postgres", async () => {
  for (const [name, { ports = [] }] of Object.entries(await composeServices())) {
    expect(ports.every((port) => port.startsWith("127.0.0.1:"))).toBe(true);
    if (["redis", "postgres", "embedder", "embedder-gpu"].includes(name)) expect(ports).toEqual([]);
  }
});

test("the CUDA provider is fetched in the GPU image alone", async () => {
  expect(await file(".npmrc")).toContain("onnxruntime-node-install=skip");
  expect(await file("infra/docker/Dockerfile")).not.toContain("cuda");
  const gpu = await file("infra/docker/embedder.gpu.Dockerfile");
  expect(gpu).toContain("ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js");
  expect(gpu).toMatch(/^FROM nvidia\/cuda:12\.\d+\.\d+-cudnn-runtime-/m);
  // As npm would have run it: the script is where the installed version has it.
  expect(await file("node_modules/onnxruntime-node/script/install.js")).toContain("ONNXRUNTIME_NODE_INSTALL");
});

test("the image is given the built page, without what builds it", async () => {
  const lines = (await file("infra/docker/Dockerfile")).split("\n");
  const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
  expect(last).toContain("COPY --from=page /app/packages/page/dist packages/page/dist");
  expect(lines).toContain("RUN npm ci --omit=dev --no-audit --no-fund");
  const lock = JSON.parse(await file("package-lock.json")) as { packages: Record<string, { dev?: boolean }> };
  for (const name of ["vite", "rolldown", "preact", "playwright-core", "axe-core"])
    expect([name, lock.packages[`node_modules/${name}`]?.dev]).toEqual([name, true]);
});

test.each(["infra/docker/Dockerfile", "infra/docker/embedder.gpu.Dockerfile"])(
  "%s copies what a service runs from, and ends as a user without rights",
  async (path) => {
    const lines = (await file(path)).split("\n");
    const last = lines.slice(lines.findLastIndex((line) => line.startsWith("FROM ")));
    for (const folder of ["models", "packages", "services"]) expect(last).toContain(`COPY ${folder} ${folder}`);
    expect(last.filter((line) => line.startsWith("USER "))).toEqual([expect.stringMatching(/^USER (node|1000:1000)$/)]);
    expect(last.find((line) => line.startsWith("ENTRYPOINT "))).toBe(
      'ENTRYPOINT ["node", "packages/cli/bin/polyseme.mjs"]',
    );
  },
);
