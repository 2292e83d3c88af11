import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (name) => fileURLToPath(new URL(`../../packages/${name}/src/index.ts`, import.meta.url));

export default defineConfig({
  root: import.meta.dirname,
  resolve: {
    alias: ["client", "langchain", "llamaindex"].map((name) => ({
      find: `@polyseme/${name}`,
      replacement: source(name),
    })),
    // Ours take the versions that lie here, as they take their user's.
    dedupe: ["@langchain/core", "@llamaindex/core"],
  },
  test: {
    include: ["*.test.mjs"],
    pool: "forks",
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
