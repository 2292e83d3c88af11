import type { ApiDocument } from "@polyseme/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchOpenApi } from "../infra/clients/read-openapi.ts";
import { referenceFiles } from "../infra/docs/reference/reference-files.ts";
import { driftedFiles, type GeneratedFiles } from "../infra/generated-files.ts";
import { startEmbeddedStack, type TestStack } from "./support/stack.ts";

let stack: TestStack;
let document: ApiDocument;
let files: GeneratedFiles;
beforeAll(async () => {
  stack = await startEmbeddedStack();
  document = await fetchOpenApi(stack.http.url);
  files = await referenceFiles(document);
});
afterAll(() => stack.stop());

describe("the reference in docs/reference", () => {
  it("is what is made from the code; else run npm run docs:reference", async () => {
    expect(await driftedFiles(files)).toEqual([]);
  });

  it("is told from what it should be when a route is added", async () => {
    const added = { "/v1/new": { get: { responses: { "200": { description: "New" } }, "x-needs": "nobody" } } };
    const others = await referenceFiles({ ...document, paths: { ...document.paths, ...added } });
    expect(await driftedFiles(others)).toEqual(["docs/reference/http-api.md"]);
  });

  it("has every command with its help, every code and every metric that a server shows", async () => {
    const metrics = await (await fetch(`${stack.http.url}/metrics`)).text();
    const shown = [...metrics.matchAll(/^# TYPE (polyseme_\w+) /gm)].map(([, name]) => name ?? "");
    expect(shown.length).toBeGreaterThan(20);
    for (const name of shown) expect(files["docs/reference/metrics.md"]).toContain(`\`${name}\``);
    const commands = files["docs/reference/command-line.md"] ?? "";
    for (const name of ["polyseme", "polyseme serve", "polyseme keys revoke", "polyseme collections migrate"])
      expect(commands).toContain(`\n## ${name}\n\n\`\`\`text\nUsage: ${name} `);
  });
});
