/**
 * An administrator's. Fuzzed servers know it from the start: once a key is made, and one of the routes makes keys, all
 * requests without one are answered 401 and find nothing.
 */
export const FUZZ_KEY = "fuzz-with-all-rights-0815";

export const WITH_KEY: readonly [name: string, value: string] = ["authorization", `Bearer ${FUZZ_KEY}`];
