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
  const windows = process.platform === "win32";
  const result = spawnSync(windows ? "npm.cmd" : "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
    shell: windows,
  });
  if (result.status !== 0) {
    process.stderr.write("npm ci failed; its message is above. Is the package registry reachable?\n");
    process.exit(result.status ?? 1);
  }
}

const child = spawn(process.execPath, process.argv.slice(2), { cwd: root, stdio: "inherit" });
// A terminal sends SIGINT to the child as well, and a second one would mean "abandon"; other signals are passed on.
process.on("SIGINT", () => undefined);
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 143)));
