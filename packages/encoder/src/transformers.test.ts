import { dirname, sep } from "node:path";
import { env, pipeline } from "@xenova/transformers";
import { expect, test } from "vitest";
import { encodeTexts, openEncoder } from "./encoder.ts";
import { findModel } from "./find-model.ts";

test("transformers.js, run on the same file, agrees on every embedding", async () => {
  const { name, folder } = await findModel("all-MiniLM-L6-v2");
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder) + sep;
  const extract = await pipeline("feature-extraction", name, { dtype: "int8" });
  const encoder = await openEncoder({ folder, threads: 1 });
  const texts = ["Hello world", "The café’s naïve owner 😀 paid €5.", "We sat on the bank of the river and fished."];
  const encoded = await encodeTexts(encoder, texts, { wants: { embedding: true }, lane: "interactive" });
  for (const [index, text] of texts.entries()) {
    const theirs = await extract(text, { pooling: "mean", normalize: true });
    const expected = Array.from(theirs.data as Iterable<number>);
    const ours = encoded[index]?.encoded.embedding ?? [];
    expect(ours).toHaveLength(384);
    Array.from(ours).forEach((value, at) => expect(value).toBeCloseTo(expected[at] ?? NaN, 5));
  }
  await encoder.close();
  await extract.dispose();
});
