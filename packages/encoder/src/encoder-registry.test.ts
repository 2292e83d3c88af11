import { PolysemeError } from "@polyseme/core";
import { expect, test } from "vitest";
import { makeCatalog } from "./catalog.ts";
import { makeEncoderRegistry } from "./encoder-registry.ts";
import { makeInferenceProbe } from "./inference-probe.ts";
import type { Encoder, ModelInfo } from "./types.ts";

const NAME = "all-MiniLM-L6-v2";
const GONE = new PolysemeError("model_unavailable", "the device answers no more");

test("a model whose device is gone is opened again by whoever asks next, once for all of them", async () => {
  const opened: { encoder: Encoder; lose: () => void }[] = [];
  let closed = 0;
  const lost: string[] = [];
  let deviceIsBack = false;
  const registry = makeEncoderRegistry(makeCatalog({ defaultModel: NAME, modelsDir: undefined }), {
    onLost: (_info, reason) => lost.push(reason.message),
    open() {
      if (opened.length > 0 && !deviceIsBack) return Promise.reject(GONE);
      let failure: PolysemeError | undefined;
      const encoder = {
        info: {} as ModelInfo,
        get failure() {
          return failure;
        },
        close: () => Promise.resolve(void closed++),
      } as Encoder;
      opened.push({ encoder, lose: () => (failure = GONE) });
      return Promise.resolve(encoder);
    },
  });
  const first = await registry.get(NAME);
  expect(await registry.get(NAME)).toBe(first);
  opened[0]?.lose();
  await expect(registry.get(NAME)).rejects.toBe(GONE);
  const probe = makeInferenceProbe(registry, () => 0);
  await expect(probe.check()).rejects.toBe(GONE);
  deviceIsBack = true;
  const again = await Promise.all([1, 2, 3].map(() => registry.get(NAME)));
  expect(new Set(again)).toEqual(new Set([opened[1]?.encoder]));
  expect([opened.length, closed, lost]).toEqual([2, 1, [GONE.message]]);
  await registry.close();
});
