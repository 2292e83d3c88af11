import { PolysemeError, type KeyRole } from "@polyseme/core";
import type { FastifyContextConfig, FastifyInstance, FastifyRequest, RouteOptions } from "fastify";
import type { ErrorDialect } from "./error-dialects.ts";

/** Who may call a route, least first: each may also do what those before it may. `metrics` is whoever only scrapes. */
const RANKS = ["nobody", "metrics", "read", "write", "admin"] as const satisfies readonly (
  KeyRole | "nobody" | "metrics"
)[];
export type Rank = (typeof RANKS)[number];

/** Whoever sends a request, as far as its key says. */
export interface Caller {
  /** The public id of its key, for the log. */
  readonly id: string;
  readonly rank: Rank;
  /** The only collections it may touch; undefined: all. */
  readonly collections: ReadonlySet<string> | undefined;
}

export const NOBODY: Caller = { id: "nobody", rank: "nobody", collections: new Set() };

declare module "fastify" {
  interface FastifyContextConfig {
    /** The least rank that may call the route. A route must say it, or be below a plugin with `accessOfRoutes`. */
    readonly needs?: Rank;
    /**
     * For a route without `:collection`, which refuses keys that are tied to collections unless this says that it touches
     * no collection or asks `request.caller` itself.
     */
    readonly tiedKeys?: "served";
    /** Browsers ask people for the key (HTTP Basic, the key as password): for pages that cannot send a header. */
    readonly browser?: true;
    /** In whose shape errors are answered, for routes that clients of others call; undefined: in ours. */
    readonly errors?: ErrorDialect;
  }
  interface FastifyInstance {
    /** Decorate a plugin's instance with it when its routes are made by others: what each of them would have to say. */
    readonly accessOfRoutes?: Pick<FastifyContextConfig, "needs" | "tiedKeys" | "browser">;
  }
  interface FastifyRequest {
    caller: Caller;
  }
}

/** An `onRoute` hook. @throws Error for a route that does not say who may call it, so that none is open by accident */
export function requireNeeds(this: FastifyInstance, route: RouteOptions): void {
  const config: FastifyContextConfig = { ...this.accessOfRoutes, ...route.config };
  if (config.needs === undefined)
    throw new Error(`${String(route.method)} ${route.url} does not say who may call it: add config: { needs: ... }.`);
  route.config = config;
}

/**
 * Looks at what the route declares, the caller and the path, at nothing that is stored: the answer is the same whether a
 * collection exists or not.
 * @throws PolysemeError `forbidden`
 */
export function authorise(caller: Caller, request: FastifyRequest): void {
  // Where there is no route there is nothing to protect.
  if (request.is404) return;
  const { needs = "admin", tiedKeys } = request.routeOptions.config;
  if (RANKS.indexOf(caller.rank) < RANKS.indexOf(needs))
    throw new PolysemeError("forbidden", `This API key has the role ${caller.rank}; this needs ${needs}.`);
  if (caller.collections === undefined) return;
  const { collection } = request.params as { collection?: string };
  if (collection !== undefined) requireCollections(caller, [collection]);
  else if (tiedKeys !== "served") throw notYours();
}

/** @throws PolysemeError `forbidden` when the caller's key is tied and not to all of these collections */
export function requireCollections(caller: Caller, names: readonly string[]): void {
  if (!names.every((name) => mayTouch(caller, name))) throw notYours();
}

export function mayTouch({ collections }: Caller, name: string): boolean {
  return collections === undefined || collections.has(name);
}

/** The same for what exists and what does not. It names nothing. */
export function notYours(): PolysemeError {
  return new PolysemeError("forbidden", "This API key is tied to collections, and this is none of them.");
}
