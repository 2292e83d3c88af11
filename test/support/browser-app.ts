import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const CLIENT = fileURLToPath(new URL("../../packages/client/src/", import.meta.url));
const HTML = "<!doctype html><title>app</title><link rel=icon href=data:,>";

/** A web application on an origin of its own that has the client's modules, each compiled by itself: no bundler. */
export async function startBrowserApp(): Promise<{ readonly origin: string; stop(): void }> {
  const server = createServer((request, response) => {
    const name = /^\/client\/([\w/-]+\.ts)$/.exec(request.url ?? "")?.[1];
    if (name === undefined) {
      response.writeHead(200, { "content-type": "text/html" }).end(HTML);
      return;
    }
    readFile(CLIENT + name, "utf8").then(
      (source) => {
        const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
        const { outputText } = ts.transpileModule(source, { compilerOptions: options });
        response.writeHead(200, { "content-type": "text/javascript" }).end(outputText);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => void server.close(),
  };
}

/** Runs in the page: pushes, waits, searches and asks for what is not there. */
export const USE_IN_PAGE = `async (url) => {
  const { Polyseme } = await import("/client/index.ts");
  const client = new Polyseme({ url, apiKey: undefined, retry: { attempts: 1 } });
  async function* documents() {
    yield { id: "bank", text: "The central bank raised its interest rates." };
    yield { id: "river", text: "We sat on the bank of the river and fished." };
  }
  const code = (error) => error.code ?? String(error);
  try {
    const { ticket } = await client.push("browser", documents());
    const { stored } = await ticket.wait();
    const { hits } = await client.search("browser", { query: "monetary policy", k: 1 });
    const missing = await client.collections.get("no-such").then(() => "found", code);
    return { stored, hit: hits[0]?.id, missing };
  } catch (error) {
    return { failed: code(error) };
  }
}`;
