// npm run client:types: writes what the clients have of the server's description; --check only says whether it is so.
import { readOpenApi } from "./read-openapi.ts";
import { drifted, writeClients } from "./write-clients.ts";

const document = await readOpenApi();
if (process.argv.includes("--check")) {
  const old = await drifted(document);
  for (const path of old) process.stderr.write(`${path} is not as the server is. Run npm run client:types.\n`);
  process.exitCode = old.length > 0 ? 1 : 0;
} else for (const path of await writeClients(document)) process.stdout.write(`${path}\n`);
