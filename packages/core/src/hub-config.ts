import { PolysemeError } from "./errors.ts";
import { checkUrl, value, type Environment } from "./setting-values.ts";

/** Where models are downloaded from and as whom, by the settings that the hub's own tools read. */
export interface HubConfig {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: string | undefined;
  /** File that may hold a token, where the hub's own tools keep it; undefined: none is sent unless it is set. */
  readonly tokenFile: string | undefined;
  /** No request is made at all. */
  readonly offline: boolean;
  readonly proxy: ProxyConfig;
}

/** As curl and others read them; undefined: no proxy. */
export interface ProxyConfig {
  readonly http: string | undefined;
  readonly https: string | undefined;
  /** Hosts that are asked directly, comma-separated; `*`: all. */
  readonly none: string | undefined;
}

export const DEFAULT_HUB = "https://huggingface.co";

const YES = ["1", "ON", "YES", "TRUE"];

/**
 * The hub's settings in `env`.
 * @throws PolysemeError `invalid` that names the variable and what it may be
 */
export function readHubConfig(env: Environment): HubConfig {
  const endpoint = value(env, "HF_ENDPOINT") ?? DEFAULT_HUB;
  checkUrl("HF_ENDPOINT", endpoint, ["https:", "http:"]);
  const { username, password } = new URL(endpoint);
  // It is shown in messages and written down beside each model.
  if (username !== "" || password !== "")
    throw new PolysemeError("invalid", "HF_ENDPOINT may hold no user and no password. Set HF_TOKEN instead.", {
      details: { field: "HF_ENDPOINT" },
    });
  const token = value(env, "HF_TOKEN") ?? value(env, "HUGGING_FACE_HUB_TOKEN");
  if (token !== undefined && !isToken(token))
    throw new PolysemeError("invalid", "HF_TOKEN holds white space or other characters that no token has.", {
      details: { field: "HF_TOKEN" },
    });
  return {
    endpoint: endpoint.replace(/\/+$/, ""),
    token,
    tokenFile: isYes(env, "HF_HUB_DISABLE_IMPLICIT_TOKEN") ? undefined : readTokenFile(env),
    offline: isYes(env, "HF_HUB_OFFLINE") || isYes(env, "TRANSFORMERS_OFFLINE"),
    proxy: {
      http: readProxy(env, "HTTP_PROXY"),
      https: readProxy(env, "HTTPS_PROXY"),
      none: value(env, "no_proxy") ?? value(env, "NO_PROXY"),
    },
  };
}

/** Whether it can be sent as a token. */
export function isToken(text: string): boolean {
  return /^[\x21-\x7e]+$/.test(text);
}

function readTokenFile(env: Environment): string | undefined {
  const named = value(env, "HF_TOKEN_PATH");
  if (named !== undefined) return named;
  const hubHome = value(env, "HF_HOME");
  if (hubHome !== undefined) return `${hubHome}/token`;
  const shared = value(env, "XDG_CACHE_HOME");
  if (shared !== undefined) return `${shared}/huggingface/token`;
  const home = value(env, "HOME") ?? value(env, "USERPROFILE");
  return home === undefined ? undefined : `${home}/.cache/huggingface/token`;
}

/**
 * In small letters first, as curl has it; without a scheme, as many write it, it is a plain HTTP proxy. Not checked: one that
 * cannot be used keeps nobody from running a model that is here.
 */
function readProxy(env: Environment, name: "HTTP_PROXY" | "HTTPS_PROXY"): string | undefined {
  const found = value(env, name.toLowerCase()) ?? value(env, name);
  return found === undefined || found.includes("://") ? found : `http://${found}`;
}

function isYes(env: Environment, name: string): boolean {
  return YES.includes((value(env, name) ?? "").toUpperCase());
}
