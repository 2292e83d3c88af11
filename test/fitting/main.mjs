// Installs the clients of others beside this file and runs what is tried with them: npm run test:fitting
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: here, stdio: "inherit", shell: process.platform === "win32" });
  if (status !== 0) process.exit(status ?? 1);
}

run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
run(process.execPath, [vitest, "run", "--config", "vitest.config.mjs", ...process.argv.slice(2)]);
