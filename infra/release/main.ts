// npm run release:pack: the packages as they will be published, under release/. npm run release:check: installs and uses them.
import { checkInstalled } from "./check-installed.ts";
import { build, describeTarball, pack } from "./pack.ts";

const log = (line: string): void => void process.stdout.write(`${line}\n`);

await build();
const tarballs = await pack();
for (const one of tarballs) log(describeTarball(one));
if (process.argv.includes("--check")) await checkInstalled(tarballs, log);
