#!/usr/bin/env node
// Starts the command line: from the sources in a checkout, from dist in an installed package.
// Plain JavaScript without dependencies: in a fresh checkout it runs before there are any.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const LEAST_NODE = [20, 19];

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
  process.stderr.write(
    `Error: polyseme needs Node ${LEAST_NODE.join(".")} or later; this is ${process.versions.node}.\n`,
  );
  process.exit(1);
}

const fromSources = existsSync(new URL("../src/main.ts", import.meta.url));
if (!fromSources) await import("../dist/main.js");
else if (isInstalled()) {
  const { register } = await import("tsx/esm/api");
  register();
  await import("../src/main.ts");
} else installAndStartAgain();

function isInstalled() {
  try {
    createRequire(import.meta.url).resolve("tsx/esm/api");
    return true;
  } catch {
    return false;
  }
}

/** The installer runs this file again once it is done; the mark in the environment ends a circle. */
function installAndStartAgain() {
  if (process.env.POLYSEME_INSTALLED !== undefined) {
    process.stderr.write("Error: tsx is missing after the installation. Remove node_modules and run npm ci.\n");
    process.exit(1);
  }
  const withInstall = fileURLToPath(new URL("../../../infra/npm/with-install.mjs", import.meta.url));
  const child = spawn(process.execPath, [withInstall, fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
    // Where the command was typed: paths in its arguments are relative to that.
    env: { ...process.env, INIT_CWD: process.cwd(), POLYSEME_INSTALLED: "1" },
  });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
}
