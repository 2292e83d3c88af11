import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeTexts, openEncoder } from "@polyseme/encoder";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { haveSoftwareVulkan, type SoftwareVulkan } from "../../infra/local/vulkan.ts";
import { makeGraph } from "../../packages/encoder/src/made-graph.ts";
import { HttpCaller } from "../support/http.ts";
import { startService } from "../support/processes.ts";
import { useServices } from "../support/services.ts";
import { sharedFile } from "../support/shared.ts";

const databaseUrl = inject("databaseUrl");
const redisUrl = inject("redisUrl");
const log = (line: string): void => void process.stderr.write(`[vulkan] ${line}\n`);
const vulkan: SoftwareVulkan | undefined = await haveSoftwareVulkan({ log }).catch((error: unknown) => {
  if (process.env["CI"] === "true") throw error;
  log(`SOFTWARE VULKAN NOT AVAILABLE: ${String(error)} Tests on a graphics device are skipped.`);
  return undefined;
});

const NAME = "all-MiniLM-L6-v2";
const BUNDLED = fileURLToPath(new URL(`../../models/${NAME}`, import.meta.url));
const FLOAT_FILE = sharedFile(`models/${NAME}/onnx/model.onnx`);
if (!existsSync(FLOAT_FILE)) log(`${FLOAT_FILE} is not here: the test of a float32 file is skipped.`);
/** A software device takes some 50 ms a token. */
const TEXTS = Array.from({ length: 24 }, (_, i) => `Ship number ${i} sails ${["north", "home", "slowly"][i % 3]}.`);
const SOFTWARE_MS = 120_000;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "polyseme-gpu-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** The bundled model's small files around another graph. */
async function modelWith(name: string, putGraph: (path: string) => Promise<void>): Promise<string> {
  const model = join(folder, name);
  await cp(BUNDLED, model, { recursive: true, filter: (source) => !source.endsWith(".onnx") });
  await mkdir(join(model, "onnx"), { recursive: true });
  await putGraph(join(model, "onnx/model.onnx"));
  return model;
}

async function onCpu(model: string): Promise<Float32Array[]> {
  const encoder = await openEncoder({ folder: model, threads: 1 });
  try {
    const encoded = await encodeTexts(encoder, TEXTS, { wants: { embedding: true }, lane: "bulk" });
    return encoded.map(({ encoded: { embedding } }) => embedding ?? new Float32Array(0));
  } finally {
    await encoder.close();
  }
}

function worstCosine(some: readonly ArrayLike<number>[], others: readonly ArrayLike<number>[]): number {
  const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
    Array.from(a).reduce((sum, value, index) => sum + value * (b[index] ?? NaN), 0);
  return Math.min(
    ...some.map((one, index) => {
      const other = others[index] ?? [];
      return dot(one, other) / Math.sqrt(dot(one, one) * dot(other, other));
    }),
  );
}

describe.skipIf(databaseUrl === null || redisUrl === null || vulkan === undefined)("a worker on a device", () => {
  const services = useServices(databaseUrl, redisUrl);

  /** Embeddings as they are stored, of TEXTS, after a worker on the software device has drained the queue. */
  async function storedByDevice(model: string): Promise<number[][]> {
    const settings = { ...services.servers.environment, POLYSEME_MODEL: model };
    const ingest = await startService("ingest", settings);
    const worker = await startService("embedder", {
      ...settings,
      ...vulkan?.environment,
      POLYSEME_DEVICE: "webgpu",
      XDG_CACHE_HOME: folder,
    }).catch(async (error: unknown) => {
      await ingest.end("SIGKILL");
      throw error;
    });
    try {
      const http = new HttpCaller(ingest.url);
      const { ticket } = await http.push(
        "ships",
        TEXTS.map((text, i) => ({ id: String(i), text })),
      );
      expect(await http.settled(ticket)).toMatchObject({ stored: TEXTS.length, failed: 0 });
      const metrics = await (await fetch(`${worker.url}/metrics`)).text();
      expect(metrics).toMatch(/polyseme_encoder_info\{[^}]*graph="float",device="webgpu"[^}]*\} 1/);
      expect(worker.log()).toContain("requires f16");
      return await storedEmbeddings();
    } finally {
      await Promise.all([ingest.end("SIGKILL"), worker.end("SIGKILL")]);
    }
  }

  async function storedEmbeddings(): Promise<number[][]> {
    const client = new pg.Client({ connectionString: services.servers.environment.DATABASE_URL });
    await client.connect();
    try {
      const { rows } = await client.query<{ embedding: string }>(
        'select embedding::text from polyseme."ships" order by document_id::int',
      );
      return rows.map(({ embedding }) => JSON.parse(embedding) as number[]);
    } finally {
      await client.end();
    }
  }

  test(
    "drains the queue with the bundled model's graph rewritten, and its vectors are those of that graph on the CPU",
    async () => {
      const stored = await storedByDevice(BUNDLED);
      const integers = await readFile(join(BUNDLED, "onnx/model_int8.onnx"));
      const rewritten = await modelWith("rewritten", (path) => writeFile(path, makeGraph(integers, "float")));
      expect(worstCosine(stored, await onCpu(rewritten))).toBeGreaterThan(0.9999);
      // The integer graph rounds its activations, so no other arithmetic comes nearer to it.
      expect(worstCosine(stored, await onCpu(BUNDLED))).toBeGreaterThan(0.998);
    },
    SOFTWARE_MS,
  );

  test.skipIf(!existsSync(FLOAT_FILE))(
    "gives the CPU's vectors of a model with a float32 file",
    async () => {
      const model = await modelWith("float", (path) => symlink(FLOAT_FILE, path));
      expect(worstCosine(await storedByDevice(model), await onCpu(model))).toBeGreaterThan(0.9999);
    },
    SOFTWARE_MS,
  );

  test("does not start when the device that was named is not there, and says what to do", async () => {
    const noDriver = { VK_DRIVER_FILES: "/none.json", VK_ICD_FILENAMES: "/none.json" };
    const settings = { ...services.servers.environment, ...vulkan?.environment, ...noDriver };
    await expect(startService("embedder", { ...settings, POLYSEME_DEVICE: "webgpu" })).rejects.toThrow(
      /The device webgpu cannot be used: .*No supported adapters.*POLYSEME_DEVICE/s,
    );
    await expect(startService("embedder", { ...settings, POLYSEME_DEVICE: "dml" })).rejects.toThrow(
      /The device dml cannot be used: .*Windows/s,
    );
  });

  test("does not take a device in software unasked: auto is the CPU", async () => {
    const worker = await startService("embedder", { ...services.servers.environment, ...vulkan?.environment });
    try {
      const metrics = await (await fetch(`${worker.url}/metrics`)).text();
      expect(metrics).toMatch(/polyseme_encoder_info\{[^}]*graph="file",device="cpu"[^}]*\} 1/);
      expect(worker.log()).not.toMatch(/vulkan|webgpu/i);
    } finally {
      await worker.end("SIGKILL");
    }
  });
});
