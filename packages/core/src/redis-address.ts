import { PolysemeError } from "./errors.ts";

/** Where Redis is, as REDIS_URL says it. */
export type RedisAddress =
  | { readonly kind: "single"; readonly url: string }
  | {
      readonly kind: "cluster";
      /** Any of its nodes; they tell about the others. */
      readonly nodes: readonly Endpoint[];
      readonly login: RedisLogin;
      readonly tls: boolean;
    }
  | {
      readonly kind: "sentinel";
      readonly sentinels: readonly Endpoint[];
      /** The sentinels' own; the one in front of `@` is that of Redis. */
      readonly sentinelLogin: RedisLogin;
      /** What the sentinels call the master. */
      readonly name: string;
      readonly login: RedisLogin;
      readonly db: number;
      readonly tls: boolean;
    };

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

export interface RedisLogin {
  readonly username?: string;
  readonly password?: string;
}

const REDIS_PORT = 6379;
const SENTINEL_PORT = 26_379;
const MOST_DB = 65_535;
const SENTINEL_QUERY = ["db", "tls", "sentinelUsername", "sentinelPassword"];
const SENTINEL_FORM =
  "sentinel://[user:password@]host[:26379],host[:26379],.../master-name[?db=0&tls=true&sentinelUsername=...&sentinelPassword=...]";
const CLUSTER_FORM = "redis://[user:password@]host[:6379],redis://host[:6379],... (rediss:// where it is encrypted)";

/**
 * One `redis://` or `rediss://` URL: that Redis. Several, comma-separated: nodes of one Redis Cluster. `sentinel://`
 * with comma-separated hosts and the master's name as the path: the master that these sentinels name; every host may
 * repeat `sentinel://`, login and name. A comma inside a password is written %2C.
 * @throws PolysemeError `invalid` that names REDIS_URL and never repeats what may hold a password
 */
export function parseRedisUrl(text: string): RedisAddress {
  const parts = text.split(",").map((part) => part.trim());
  const [first = ""] = parts;
  if (/^sentinel:/i.test(first)) return parseSentinels(parts);
  if (parts.length > 1) return parseCluster(parts);
  const url = parseUrl(first, ["redis:", "rediss:"]);
  if (url === undefined)
    throw invalid(
      "REDIS_URL must be a URL that starts with redis:// or rediss:// (several with commas: a Redis Cluster), or sentinel://.",
    );
  return { kind: "single", url: first };
}

function parseCluster(parts: readonly string[]): RedisAddress {
  const urls = parts.map((part, index) => {
    const url = parseUrl(part, ["redis:", "rediss:"]);
    if (url === undefined)
      throw invalid(`REDIS_URL with commas is a Redis Cluster: ${CLUSTER_FORM}. Node ${index + 1} is none.`);
    return url;
  });
  if (urls.some((url) => !["", "/", "/0"].includes(url.pathname) || url.search !== ""))
    throw invalid(`REDIS_URL with commas is a Redis Cluster, which has no database but 0 and takes no options.`);
  const protocol = onlyOne(
    urls.map((url) => url.protocol),
    "redis:// and rediss://",
  );
  return {
    kind: "cluster",
    nodes: distinct(urls.map((url) => endpointOf(url, REDIS_PORT))),
    login: loginOf(urls),
    tls: protocol === "rediss:",
  };
}

function parseSentinels(parts: readonly string[]): RedisAddress {
  const urls = parts.map((part, index) => {
    const url = parseUrl(/^sentinel:/i.test(part) ? part : `sentinel://${part}`, ["sentinel:"]);
    if (url === undefined) throw invalid(`REDIS_URL must look like ${SENTINEL_FORM}. Host ${index + 1} does not.`);
    return url;
  });
  const name = onlyOne(
    urls.map((url) => decode(url.pathname.slice(1)) || undefined),
    "two names of a master",
  );
  if (name === undefined || !/^[\w.-]+$/.test(name))
    throw invalid(`REDIS_URL must end in the name that the sentinels give the master: ${SENTINEL_FORM}.`);
  for (const url of urls)
    for (const option of url.searchParams.keys())
      if (!SENTINEL_QUERY.includes(option))
        throw invalid(`REDIS_URL takes no option but ${SENTINEL_QUERY.join(", ")} after a "?".`);
  const option = (wanted: string): string | undefined =>
    onlyOne(
      urls.flatMap((url) => url.searchParams.getAll(wanted)),
      `two values of ${wanted}`,
    );
  const db = option("db") ?? "0";
  if (!/^\d+$/.test(db) || Number(db) > MOST_DB)
    throw invalid(`REDIS_URL: db must be a whole number up to ${MOST_DB}.`);
  const tls = option("tls") ?? "false";
  if (tls !== "true" && tls !== "false") throw invalid("REDIS_URL: tls must be true or false.");
  return {
    kind: "sentinel",
    sentinels: distinct(urls.map((url) => endpointOf(url, SENTINEL_PORT))),
    sentinelLogin: toLogin(option("sentinelUsername"), option("sentinelPassword")),
    name,
    login: loginOf(urls),
    db: Number(db),
    tls: tls === "true",
  };
}

function parseUrl(text: string, protocols: readonly string[]): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return protocols.includes(url.protocol) && url.hostname !== "" && url.hash === "" ? url : undefined;
}

function endpointOf(url: URL, defaultPort: number): Endpoint {
  // An IPv6 address stands in brackets in a URL only.
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  return { host, port: url.port === "" ? defaultPort : Number(url.port) };
}

function distinct(endpoints: readonly Endpoint[]): Endpoint[] {
  return [...new Map(endpoints.map((endpoint) => [`${endpoint.host} ${endpoint.port}`, endpoint])).values()];
}

function loginOf(urls: readonly URL[]): RedisLogin {
  return toLogin(
    onlyOne(
      urls.map((url) => decode(url.username) || undefined),
      "two users",
    ),
    onlyOne(
      urls.map((url) => decode(url.password) || undefined),
      "two passwords",
    ),
  );
}

function toLogin(username: string | undefined, password: string | undefined): RedisLogin {
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}

/** What those that say anything agree on. */
function onlyOne(values: readonly (string | undefined)[], clash: string): string | undefined {
  const said = new Set(values.filter((value) => value !== undefined));
  if (said.size > 1) throw invalid(`REDIS_URL names ${clash}; all its parts must agree.`);
  return [...said][0];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid("REDIS_URL: a % in a user, password or name must be written %25.");
  }
}

function invalid(message: string): PolysemeError {
  return new PolysemeError("invalid", message, { details: { field: "REDIS_URL" } });
}
