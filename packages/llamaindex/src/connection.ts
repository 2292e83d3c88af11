import { Polyseme } from "@polyseme/client";

/** Which server: a client of it, or where it listens. */
export interface Connection {
  readonly client?: Polyseme;
  /** Such as `http://127.0.0.1:8080`. */
  readonly url?: string;
  readonly apiKey?: string;
}

/** @throws Error when neither a client nor a URL is given */
export function clientOf({ client, url, apiKey }: Connection): Polyseme {
  if (client !== undefined) return client;
  if (url === undefined) throw new Error("Give a client or a url, such as http://127.0.0.1:8080.");
  return new Polyseme(apiKey === undefined ? { url } : { url, apiKey });
}
