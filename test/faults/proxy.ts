import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { HOST } from "../../infra/local/keep-running.ts";

/** A TCP proxy in front of a server, that makes trouble on demand. */
export interface Proxy {
  readonly port: number;
  /** Each piece of data arrives this much later, in order; 0: at once. */
  delay(ms: number): void;
  /** Nothing passes, nothing is closed, as a network that drops packets; false: what was held passes. */
  stall(on: boolean): void;
  /** Resets every connection. */
  cut(): void;
  /** The service is told that the server closed; the server is told nothing until `cut`. */
  halfClose(): void;
  /** Open connections of services. */
  readonly connections: number;
  close(): Promise<void>;
}

interface Pair {
  readonly service: Socket;
  readonly server: Socket;
}

/** @param target port on this machine; it may have nobody listening at times */
export async function startProxy(target: number): Promise<Proxy> {
  const pairs = new Set<Pair>();
  let delayMs = 0;
  let stalled: { readonly over: Promise<void>; readonly end: () => void } | undefined;

  const carry = async (piece: Buffer, to: Socket): Promise<void> => {
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
    await stalled?.over;
    if (to.writable && !to.write(piece)) await drained(to);
  };

  const pipe = (from: Socket, to: Socket): void => {
    from.on("data", (piece) => {
      from.pause();
      void carry(piece, to).then(() => from.resume());
    });
    from.on("end", () => to.end());
  };

  const listener = createServer({ allowHalfOpen: true, noDelay: true }, (service) => {
    const server = connect({ host: HOST, port: target, allowHalfOpen: true, noDelay: true });
    const pair = { service, server };
    pairs.add(pair);
    const drop = (): void => {
      pairs.delete(pair);
      service.destroy();
      server.destroy();
    };
    for (const socket of [service, server]) {
      socket.on("error", drop);
      socket.on("close", () => {
        if (service.destroyed && server.destroyed) pairs.delete(pair);
      });
    }
    pipe(service, server);
    pipe(server, service);
  });
  await listen(listener);

  const proxy: Proxy = {
    port: (listener.address() as AddressInfo).port,
    delay(ms) {
      delayMs = ms;
    },
    stall(on) {
      stalled?.end();
      stalled = on ? gate() : undefined;
    },
    cut() {
      for (const pair of pairs) reset(pair);
      pairs.clear();
    },
    halfClose() {
      for (const { service, server } of pairs) {
        server.removeAllListeners("data").pause();
        service.removeAllListeners("end").end();
      }
    },
    get connections() {
      return pairs.size;
    },
    async close() {
      proxy.stall(false);
      proxy.cut();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
  return proxy;
}

function reset({ service, server }: Pair): void {
  for (const socket of [service, server]) {
    // While an end is on its way, Node's reset leaves the handle open, and the process would spin at its exit.
    const isQuiet = !socket.connecting && !socket.writableEnded && socket.writableLength === 0;
    if (isQuiet && !socket.destroyed) socket.resetAndDestroy();
    else socket.destroy();
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });
}

function gate(): { over: Promise<void>; end: () => void } {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { over, end };
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject).listen(0, HOST, resolve);
  });
}
