import { expect, test } from "vitest";
import { readConfig } from "./config.ts";
import { readHubConfig } from "./hub-config.ts";

test("the hub is the public one, without a token or proxy, where nothing is said", () => {
  expect(readHubConfig({})).toEqual({
    endpoint: "https://huggingface.co",
    token: undefined,
    tokenFile: undefined,
    offline: false,
    proxy: { http: undefined, https: undefined, none: undefined },
  });
});

test("the hub's own settings are taken: mirror, token and proxy", () => {
  const env = {
    HF_ENDPOINT: "https://mirror.example.com/hub/",
    HF_TOKEN: " hf_secret ",
    HF_HUB_OFFLINE: "yes",
    HTTPS_PROXY: "proxy:3128",
    http_proxy: "http://other:3128",
    NO_PROXY: "localhost",
  };
  expect(readHubConfig(env)).toEqual({
    endpoint: "https://mirror.example.com/hub",
    token: "hf_secret",
    tokenFile: undefined,
    offline: true,
    proxy: { http: "http://other:3128", https: "http://proxy:3128", none: "localhost" },
  });
  expect(readHubConfig({ TRANSFORMERS_OFFLINE: "1" }).offline).toBe(true);
  for (const no of ["0", "false", ""]) expect(readHubConfig({ HF_HUB_OFFLINE: no }).offline).toBe(false);
});

test("a token is looked for where the hub's own tools keep it", () => {
  const file = (env: Record<string, string>): string | undefined => readHubConfig(env).tokenFile;
  expect(file({ HOME: "/home/me" })).toBe("/home/me/.cache/huggingface/token");
  expect(file({ HOME: "/home/me", XDG_CACHE_HOME: "/cache" })).toBe("/cache/huggingface/token");
  expect(file({ HOME: "/home/me", HF_HOME: "/hf" })).toBe("/hf/token");
  expect(file({ HOME: "/home/me", HF_HOME: "/hf", HF_TOKEN_PATH: "/secret/token" })).toBe("/secret/token");
  expect(file({ HOME: "/home/me", HF_HUB_DISABLE_IMPLICIT_TOKEN: "1" })).toBeUndefined();
});

test("a mirror that is no URL and a token that cannot be sent are refused without being repeated", () => {
  expect(() => readHubConfig({ HF_ENDPOINT: "ftp://me:s3cret@mirror" })).toThrow(
    /^HF_ENDPOINT must be a URL(?!.*s3cret)/,
  );
  expect(() => readHubConfig({ HF_ENDPOINT: "https://me:s3cret@mirror" })).toThrow(/^HF_ENDPOINT may hold(?!.*s3cret)/);
  expect(() => readHubConfig({ HF_TOKEN: "s3cret\nX-Other: 1" })).toThrow(/^HF_TOKEN holds(?!.*s3cret)/);
});

test("downloaded models lie in POLYSEME_MODELS_DIR, else among what can be fetched again", () => {
  expect(readConfig({ POLYSEME_MODELS_DIR: "/models", HOME: "/home/me" }).modelsDir).toBe("/models");
  expect(readConfig({ HOME: "/home/me" }).modelsDir).toBe("/home/me/.cache/polyseme/models");
  expect(readConfig({}).modelsDir).toBeUndefined();
});
