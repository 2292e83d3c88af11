// Uses the client in whatever runtime this is started with: RUNTIME use-client.ts CLIENT_MODULE SERVER_URL.
import type { Polyseme as PolysemeClass } from "@polyseme/client";

const argv: readonly string[] = globalThis.Deno?.args ?? globalThis.process.argv.slice(2);
const [module = "", url = ""] = argv;
const { Polyseme } = (await import(module)) as { Polyseme: typeof PolysemeClass };

const client = new Polyseme({ url });
async function* documents() {
  await Promise.resolve();
  yield { id: "bank", text: "The central bank raised its interest rates." };
  yield { id: "river", text: "We sat on the bank of the river and fished." };
}
const { ticket } = await client.push("runtime", documents());
const { stored } = await ticket.wait();
const { hits } = await client.search("runtime", { query: "monetary policy", k: 1 });
const missing = await client.collections.get("no-such").then(
  () => "found",
  (error: { code?: string }) => error.code,
);
console.log(JSON.stringify({ stored, hit: hits[0]?.id, missing }));

declare global {
  var Deno: { readonly args: readonly string[] } | undefined;
}
