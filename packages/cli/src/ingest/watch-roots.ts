import { relative, sep } from "node:path";
import { watch, type FSWatcher } from "chokidar";
import { RULE_FILES } from "../sources/ignore-rules.ts";
import type { Root } from "../sources/find-files.ts";

/** Paths of each root that may have changed (relative to a folder, with `/`); undefined: look at all of it. */
export type Changes = ReadonlyMap<Root, ReadonlySet<string> | undefined>;

export interface RootWatcher {
  /** Resolves with what changed, once it has been quiet for a moment; with undefined when the signal is aborted. */
  next(): Promise<Changes | undefined>;
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly signal: AbortSignal;
  /** Told once when the system cannot watch all of it; it is looked at in turns then. */
  readonly onLimit: (reason: string) => void;
}

/** An editor writes a file in several steps, and a checkout many files. */
const QUIET_MS = 100;
const LONGEST_MS = 500;
/** What the system does not tell, as on network drives, is found by a look at everything now and then. */
const LOOK_EVERY_MS = 60_000;
const LOOK_OFTEN_MS = 5_000;
/** Beyond it, one look at everything is cheaper. */
const MAX_PATHS = 10_000;

/** Watches the roots from the moment this resolves. */
export async function watchRoots(roots: readonly Root[], { signal, onLimit }: WatchOptions): Promise<RootWatcher> {
  const changed = new Map<Root, Set<string> | undefined>();
  let firstMs = 0;
  let latestMs = 0;
  let lookEveryMs = LOOK_EVERY_MS;
  let lookedMs = performance.now();
  let wake: () => void = () => undefined;

  const add = (root: Root, path: string | undefined): void => {
    const paths = changed.has(root) ? changed.get(root) : new Set<string>();
    if (path === undefined || paths === undefined || paths.size >= MAX_PATHS) changed.set(root, undefined);
    else changed.set(root, paths.add(path));
    latestMs = performance.now();
    if (firstMs === 0) firstMs = latestMs;
    wake();
  };
  const watchers = await Promise.all(
    roots.map((root) =>
      startWatcher(root, {
        onChange: (path) => {
          add(root, path);
        },
        onError: (error) => {
          if (lookEveryMs !== LOOK_OFTEN_MS) onLimit(error.message);
          lookEveryMs = LOOK_OFTEN_MS;
        },
      }),
    ),
  );
  signal.addEventListener("abort", () => {
    wake();
  });

  return {
    async next() {
      while (!signal.aborted) {
        const now = performance.now();
        if (now - lookedMs >= lookEveryMs) for (const root of roots) changed.set(root, undefined);
        if (changed.size > 0) {
          const readyMs = Math.min(latestMs + QUIET_MS, firstMs + LONGEST_MS);
          if (now >= readyMs) {
            const taken = new Map(changed);
            changed.clear();
            firstMs = 0;
            if ([...taken.values()].includes(undefined)) lookedMs = now;
            return taken;
          }
        }
        const untilMs = changed.size > 0 ? Math.min(latestMs + QUIET_MS, firstMs + LONGEST_MS) : lookedMs + lookEveryMs;
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.max(1, untilMs - now));
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      return undefined;
    },
    async close() {
      await Promise.all(watchers.map((watcher) => watcher.close()));
    },
  };
}

interface Told {
  readonly onChange: (path: string | undefined) => void;
  readonly onError: (error: Error) => void;
}

async function startWatcher(root: Root, { onChange, onError }: Told): Promise<FSWatcher> {
  const rules: ReadonlySet<string> = new Set(RULE_FILES);
  const inRoot = (path: string): string => relative(root.absolute, path).split(sep).join("/");
  const watcher = watch(root.absolute, {
    ignoreInitial: true,
    followSymlinks: root.kind === "file",
    ignored: (path, stats) => {
      const inside = inRoot(path);
      if (root.kind === "file" || inside === "" || rules.has(nameOf(inside))) return false;
      // Of an entry that is not looked at yet, only what leaves out files and folders alike may be said.
      return !root.walk.mayHold(inside, stats?.isDirectory() ?? false);
    },
  });
  watcher.on("all", (_event, path) => {
    const inside = inRoot(path);
    onChange(root.kind === "file" || rules.has(nameOf(inside)) ? undefined : inside);
  });
  watcher.on("error", (error) => {
    onError(error instanceof Error ? error : new Error(String(error)));
  });
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  return watcher;
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
