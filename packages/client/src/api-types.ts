import type { paths } from "./generated/openapi.ts";

type Method = "get" | "put" | "post" | "delete";

/** A route's body as this content type. */
export type Body<
  Path extends keyof paths,
  M extends Method,
  ContentType extends string = "application/json",
> = paths[Path][M] extends { readonly requestBody: { readonly content: Readonly<Record<ContentType, infer B>> } }
  ? B
  : never;

/** A route's answer with this status, as JSON. */
export type Answer<Path extends keyof paths, M extends Method, Status extends number> = paths[Path][M] extends {
  readonly responses: Readonly<Record<Status, { content: { readonly "application/json": infer A } }>>;
}
  ? A
  : never;
