import { createServer, request } from "node:http";
import { connect, type AddressInfo, type Socket } from "node:net";

/** A forward proxy on loopback, for plain requests and for tunnels. */
export interface TestProxy {
  readonly url: string;
  /** The host of each request and tunnel. */
  hosts(): readonly string[];
  stop(): Promise<void>;
}

/** @param names hosts that only this proxy knows, and where they really are */
export async function startProxy(names: Readonly<Record<string, string>>): Promise<TestProxy> {
  const hosts: string[] = [];
  const sockets = new Set<Socket>();
  const placeOf = (host: string, port: string): { host: string; port: number } => {
    const known = names[host];
    return known === undefined
      ? { host, port: Number(port) }
      : { host: new URL(known).hostname, port: Number(new URL(known).port) };
  };
  const server = createServer((incoming, response) => {
    const url = new URL(incoming.url ?? "");
    hosts.push(url.hostname);
    const { method, headers } = incoming;
    const onward = request({
      ...placeOf(url.hostname, url.port || "80"),
      method,
      headers,
      path: url.pathname + url.search,
    });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket: Socket) => {
    const [host = "", port = "80"] = (incoming.url ?? "").split(":");
    hosts.push(host);
    const onward = connect(placeOf(host, port), () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy()).on("close", () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hosts: () => hosts,
    async stop() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
