/**
 * The entry of a thread or process that lies beside a module: as it was compiled, or from source, which Node runs only behind
 * a loader of its own.
 * @param module `import.meta.url` of the module
 * @param name of the entry, without its ending; from source `<name>-from-source.mjs` registers the loader and imports it
 */
export function entryBeside(module: string, name: string): URL {
  return new URL(module.endsWith(".ts") ? `./${name}-from-source.mjs` : `./${name}.js`, module);
}
