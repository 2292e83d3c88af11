import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import tseslint from "typescript-eslint";

/** Who may import whom: arrows go one way, cli -> services -> packages -> core. */
const MAY_IMPORT = {
  "packages/core": [],
  "packages/words": ["core"],
  "packages/client": [],
  "packages/langchain": ["client"],
  "packages/llamaindex": ["client"],
  "packages/mcp": ["core", "client", "http"],
  "packages/encoder": ["core"],
  "packages/store": ["core"],
  "packages/queue": ["core"],
  "packages/tracing": ["core"],
  "packages/http": ["core", "store", "backends", "tracing"],
  "packages/page": [],
  "packages/backends": ["core", "store", "queue"],
  "services/ingest": ["core", "store", "queue", "backends", "http", "encoder/catalog"],
  "services/embedder": ["core", "words", "store", "queue", "backends", "http", "encoder"],
  "services/api": ["core", "words", "store", "queue", "backends", "http", "encoder", "page"],
  "services/all": ["core", "store", "queue", "backends", "http", "encoder", "ingest", "embedder", "api"],
  "packages/cli": ["core", "client", "mcp", "encoder", "backends", "ingest", "embedder", "api", "all"],
};

/** What only describes may be shared further: it leaves nothing behind when it is built. */
const MAY_IMPORT_TYPES = { "packages/page": ["client"] };

const direction = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  files: [`${folder}/**/*.ts`, `${folder}/**/*.tsx`],
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      {
        patterns: [
          {
            regex: `^@polyseme/(?!(?:${[...allowed, ...(MAY_IMPORT_TYPES[folder] ?? [])].join("|") || "-"})(?:/|$))`,
            message: `${folder} may import only ${allowed.map((name) => `@polyseme/${name}`).join(", ") || "no other package"}.`,
          },
          ...(MAY_IMPORT_TYPES[folder] ?? []).map((name) => ({
            regex: `^@polyseme/${name}$`,
            allowTypeImports: true,
            message: `${folder} may import types only of @polyseme/${name}.`,
          })),
          { regex: "^(\\.\\./)+(packages|services)/", message: "Import another package by its name." },
        ],
      },
    ],
  },
}));

export default tseslint.config(
  {
    ignores: [
      "**/node_modules",
      "**/dist",
      "bench/results",
      "infra/npm/empty",
      ".servers",
      ".polyseme",
      "test-artefacts",
      "release",
      "infra/release/consumer",
    ],
  },
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.tsx"],
    extends: [...tseslint.configs.recommendedTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/return-await": ["error", "in-try-catch"],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "max-lines": ["error", { max: 400, skipBlankLines: false, skipComments: false }],
    },
  },
  {
    // The process belongs to main.ts, tests and tools; everything else takes values.
    files: ["packages/*/src/**/*.ts", "services/*/src/**/*.ts"],
    ignores: ["**/main.ts", "**/*.test.ts"],
    rules: { "no-restricted-globals": ["error", { name: "process", message: "Only main.ts touches the process." }] },
  },
  {
    files: ["**/*.mjs", "**/*.js"],
    languageOptions: {
      globals: { process: "readonly", console: "readonly", URL: "readonly", performance: "readonly" },
    },
  },
  ...direction,
  prettier,
);
