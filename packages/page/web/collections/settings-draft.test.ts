import { expect, test } from "vitest";
import { DEFAULT_SETTINGS, settingsOf } from "./settings-draft.ts";

test("a form that nobody touched asks for nothing, so that the server's defaults hold", () => {
  expect(settingsOf(DEFAULT_SETTINGS)).toEqual({});
});

test("what was filled in is asked for, numbers as numbers", () => {
  const draft = {
    ...DEFAULT_SETTINGS,
    maxTokens: "64",
    strategy: "",
    language: "de",
    tokenVectors: "int8",
    lateChunking: "no",
  } as const;
  expect(settingsOf(draft)).toEqual({
    chunking: { maxTokens: 64 },
    language: "de",
    tokenVectors: "int8",
    lateChunking: false,
  });
});
