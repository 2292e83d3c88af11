import { PolysemeError } from "@polyseme/core";
import type { ModelCatalog } from "./catalog.ts";
import type { FoundModel } from "./find-model.ts";
import { openEncoder, type OpenEncoderOptions } from "./encoder.ts";
import type { Encoder, ModelInfo } from "./types.ts";

/** The models that one process has loaded; each at its first use. */
export interface EncoderRegistry {
  readonly catalog: ModelCatalog;
  /**
   * @throws PolysemeError `invalid` when there is no such model, `model_unavailable` when it cannot be loaded or too many are
   */
  get(name: string): Promise<Encoder>;
  /** The models that are loaded now. */
  loaded(): readonly Encoder[];
  /** Finishes what waits and unloads all. */
  close(): Promise<void>;
}

/** Each loaded model holds its weights once a worker thread; beyond a few, another process is the better home. */
const MAX_MODELS = 4;

async function failureOf(loaded: Promise<Encoder>): Promise<{ encoder: Encoder; reason: PolysemeError } | undefined> {
  const encoder = await loaded;
  return encoder.failure === undefined ? undefined : { encoder, reason: encoder.failure };
}

export function makeEncoderRegistry(
  catalog: ModelCatalog,
  options: Omit<OpenEncoderOptions, "folder" | "file"> & {
    readonly onOpen?: (info: ModelInfo) => void;
    /** Told when a loaded model can encode no more; it is opened again. */
    readonly onLost?: (info: ModelInfo, reason: PolysemeError) => void;
    /** How a model is opened; another way only in tests. */
    readonly open?: typeof openEncoder;
  },
): EncoderRegistry {
  const open = new Map<string, Promise<Encoder>>();
  /** Where models lie that were found before, so that a query does not look on the disk. */
  const places = new Map<string, FoundModel>();
  /** Those of `open` that have loaded, by folder. */
  const ready = new Map<string, Encoder>();
  const find = async (name: string): Promise<FoundModel> => {
    const known = places.get(name);
    if (known !== undefined && open.has(known.folder)) return known;
    const model = await catalog.find(name);
    places.set(name, model);
    return model;
  };
  return {
    catalog,
    async get(name) {
      const found = await find(name);
      const loaded = open.get(found.folder);
      if (loaded !== undefined) {
        const failed = await failureOf(loaded);
        if (failed === undefined) return loaded;
        // Whoever comes first opens it again: its device may be back, and `auto` takes the CPU when it is not.
        if (open.get(found.folder) === loaded) {
          open.delete(found.folder);
          ready.delete(found.folder);
          options.onLost?.(failed.encoder.info, failed.reason);
          void failed.encoder.close();
        }
        return this.get(name);
      }
      if (open.size >= MAX_MODELS)
        throw new PolysemeError(
          "model_unavailable",
          `This process has loaded ${MAX_MODELS} models, its most. Start another for "${name}".`,
          {
            details: { field: "model" },
          },
        );
      const loading = (options.open ?? openEncoder)({ ...options, folder: found.folder, name: found.name });
      open.set(found.folder, loading);
      // A failed load may be mended on disk, so the next call tries again.
      loading.then(
        (encoder) => {
          ready.set(found.folder, encoder);
          options.onOpen?.(encoder.info);
        },
        () => open.delete(found.folder),
      );
      return loading;
    },
    loaded: () => [...ready.values()],
    async close() {
      const encoders = await Promise.allSettled(open.values());
      open.clear();
      ready.clear();
      await Promise.all(encoders.filter((result) => result.status === "fulfilled").map(({ value }) => value.close()));
    },
  };
}
