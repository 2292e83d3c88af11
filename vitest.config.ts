import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    // Worker threads of the encoder and WASM Postgres want a process of their own.
    pool: "forks",
    // Tests of whole processes mostly wait, for claims to end and services to start: three of them keep two cores busy.
    maxWorkers: 3,
    // Far beyond what a test takes: these end what hangs. On a machine that is busy with more than them, tests take several times as long.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    teardownTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "packages/*/src/**/*.test.ts",
            "packages/page/web/**/*.test.ts",
            "services/*/src/**/*.test.ts",
            "bench/*.test.ts",
          ],
          // Modules hold no state, so they are imported once a worker and not once a file.
          isolate: false,
          setupFiles: ["test/support/leaks.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "pipeline",
          include: ["test/**/*.test.ts"],
          exclude: ["test/long/**"],
          globalSetup: ["test/support/compile.ts", "test/support/servers.ts"],
          setupFiles: ["test/support/leaks.ts"],
        },
      },
      {
        extends: true,
        test: {
          // Minutes each: failovers, a software GPU, whole corpora, migrations under load. `npm run test:long`.
          name: "long",
          include: ["test/long/**/*.test.ts"],
          globalSetup: ["test/support/compile.ts", "test/support/servers.ts"],
          setupFiles: ["test/support/leaks.ts"],
        },
      },
    ],
  },
});
