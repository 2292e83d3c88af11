import type { CallOptions } from "./polyseme.ts";
import type { Requester } from "./requester.ts";
import type { Alias } from "./types.ts";

/** Other names of collections. */
export class AliasCalls {
  readonly #request: Requester;

  constructor(request: Requester) {
    this.#request = request;
  }

  /** Makes an alias, or lets it stand for another collection at once. */
  async set(name: string, collection: string, { signal }: CallOptions = {}): Promise<Alias> {
    return (await this.#request<Alias>("PUT", aliasPath(name), { json: { collection }, signal })).answer;
  }

  async list({ signal }: CallOptions = {}): Promise<readonly Alias[]> {
    return (await this.#request<{ aliases: Alias[] }>("GET", "/v1/aliases", { signal })).answer.aliases;
  }

  /** Removes the alias; its collection stays. */
  async delete(name: string, { signal }: CallOptions = {}): Promise<void> {
    // Not repeatable: after a lost answer the second try would say that there is no such alias.
    await this.#request("DELETE", aliasPath(name), { signal, repeatable: false });
  }
}

function aliasPath(name: string): string {
  return `/v1/aliases/${encodeURIComponent(name)}`;
}
