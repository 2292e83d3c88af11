// Installs what package-lock.json asks for when it is missing or older, then runs the rest of the command line with Node.
// Plain JavaScript without dependencies: it is what runs before there are any.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const installed = `${root}/node_modules/.package-lock.json`;
const wanted = `${root}/package-lock.json`;

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(wanted).mtimeMs) {
  process.stderr.write("Installing packages (npm ci) ...\n");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const result = spawnSync(npm, ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: process.platform === "win32",
  });
  if (result.status !== 0) {
    process.stderr.write("npm ci failed: see its message above.\n");
    process.exit(result.status ?? 1);
  }
}

const child = spawn(process.execPath, process.argv.slice(2), { cwd: process.env.INIT_CWD ?? root, stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
