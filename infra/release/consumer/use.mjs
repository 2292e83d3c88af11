// What a user writes who has installed the client; run by npm run release:check against a server from the tarball.
import assert from "node:assert/strict";
import { Polyseme } from "@polyseme/client";

const client = new Polyseme({ url: process.argv[2] });
const documents = [
  { id: "bank", text: "The central bank raised its interest rates." },
  { id: "river", text: "We sat on the bank of the river and fished." },
  { id: "apple", text: "She ate an apple under the tree." },
];
const { ticket, accepted } = await client.push("notes", documents);
assert.equal(accepted, 3);
const { stored } = await ticket.wait();
assert.equal(stored, 3);
const { hits } = await client.search("notes", { query: "monetary policy", k: 1 });
assert.equal(hits[0]?.id, "bank");
process.stdout.write("pushed, stored, found\n");
