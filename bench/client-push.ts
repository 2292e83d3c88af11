// A program that pushes with the client, for bench `client`: one line of JSON at the end.
import { Polyseme, type PushDocument } from "@polyseme/client";
import { documentMaker } from "./support/client-documents.ts";

const [url = "", collection = "", count = "0", bytes = "0", sharedDir = ""] = process.argv.slice(2);
const make = documentMaker(sharedDir, Number(bytes));

async function* documents(from: number, to: number): AsyncGenerator<PushDocument> {
  await Promise.resolve();
  for (let i = from; i < to; i += 1) yield make(i);
}

const client = new Polyseme({ url });
// Compiles what is measured, at both ends.
await client.push(`${collection}-warm`, documents(0, 2_000));
const before = process.cpuUsage();
const started = performance.now();
const { accepted } = await client.push(collection, documents(0, Number(count)));
const seconds = (performance.now() - started) / 1_000;
const { user, system } = process.cpuUsage(before);
process.stdout.write(`${JSON.stringify({ accepted, seconds, cpuSeconds: (user + system) / 1e6 })}\n`);
