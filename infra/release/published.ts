/**
 * What is published. `application`: the package with every package of the repository that it needs in it, under one
 * name, in the folders they have here. `library`: the package alone; packages of the repository that it needs are published
 * too, and asked for in exactly this version.
 */
export interface Published {
  readonly name: string;
  /** The package of the repository. */
  readonly of: string;
  readonly kind: "application" | "library";
  /** Folders and files of the repository that go with it, as they are. */
  readonly beside?: readonly string[];
}

export const PUBLISHED: readonly Published[] = [
  { name: "polyseme", of: "@polyseme/cli", kind: "application", beside: ["models"] },
  { name: "@polyseme/client", of: "@polyseme/client", kind: "library" },
  { name: "@polyseme/langchain", of: "@polyseme/langchain", kind: "library" },
  { name: "@polyseme/llamaindex", of: "@polyseme/llamaindex", kind: "library" },
];

/** What the sources need and the compiled program does not. Nothing that is published may import them. */
export const NOT_SHIPPED: ReadonlySet<string> = new Set(["tsx", "@xenova/transformers"]);

/** At the top of every package. */
export const LEGAL = ["LICENSE", "NOTICE"] as const;
