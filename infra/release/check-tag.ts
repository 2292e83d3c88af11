// Ends with an error unless the tag is `v` and the version of every package, and of what the server says of itself.
import { VERSION } from "@polyseme/http";
import { readWorkspaces } from "./workspaces.ts";

const [tag = ""] = process.argv.slice(2);
const versions = [...(await readWorkspaces()).values()].map(({ manifest }) => manifest.version);
const other = [...versions, VERSION].find((version) => tag !== `v${version}`);
if (other !== undefined) {
  process.stderr.write(`The tag is ${tag || "missing"}, and a package has the version ${other}.\n`);
  process.exitCode = 1;
}
