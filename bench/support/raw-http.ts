import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly body: string;
}

/**
 * One kept-alive connection that sends prebuilt bytes and reads one answer at a time. It costs a fraction of what fetch
 * does, so that on few cores the load is the server's and not the generator's.
 */
export class RawConnection {
  readonly #socket: Socket;
  #received: Buffer[] = [];
  #waiting: { resolve: (answer: RawAnswer) => void; reject: (error: Error) => void } | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => this.#receive(bytes));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("The server closed the connection")));
  }

  static async open(url: string): Promise<RawConnection> {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  /** Sends a whole request and resolves with its answer. */
  request(bytes: Buffer): Promise<RawAnswer> {
    const answer = this.#answer();
    this.#socket.write(bytes);
    return answer;
  }

  /** Sends a request's head and then its body as the connection takes it. */
  async stream(head: string, body: Iterable<Buffer>): Promise<RawAnswer> {
    const answer = this.#answer();
    const failed = answer.then(() => false);
    this.#socket.write(head);
    for (const chunk of body) if (!this.#socket.write(chunk)) await Promise.race([once(this.#socket, "drain"), failed]);
    return answer;
  }

  close(): void {
    this.#socket.destroy();
  }

  #answer(): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #receive(bytes: Buffer): void {
    this.#received.push(bytes);
    const [only] = this.#received;
    const all = this.#received.length === 1 && only !== undefined ? only : Buffer.concat(this.#received);
    const bodyAt = all.indexOf("\r\n\r\n") + 4;
    if (bodyAt < 4) return;
    const head = all.toString("latin1", 0, bodyAt);
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
    if (all.length < bodyAt + length) return;
    this.#received = [];
    this.#waiting?.resolve({ status: Number(head.slice(9, 12)), body: all.toString("utf8", bodyAt, bodyAt + length) });
    this.#waiting = undefined;
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

/** A request's head, ready to send. */
export function requestHead(path: string, contentType: string, contentLength: number): string {
  return `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${contentType}\r\ncontent-length: ${contentLength}\r\n\r\n`;
}

export function jsonRequest(path: string, body: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(body));
  return Buffer.concat([Buffer.from(requestHead(path, "application/json", json.length)), json]);
}

/** @throws Error with the answer when its status is another */
export function expectAnswer(answer: RawAnswer, status: number): Record<string, unknown> {
  if (answer.status !== status) throw new Error(`Answered ${answer.status}, not ${status}: ${answer.body}`);
  return JSON.parse(answer.body) as Record<string, unknown>;
}

/**
 * Runs `call` this many times over so many connections at once; answers each call's time in ms and the whole in seconds.
 * @param call gets a connection and the call's number, from 0
 */
export async function runConcurrently(
  url: string,
  options: { calls: number; connections: number },
  call: (connection: RawConnection, number: number) => Promise<void>,
): Promise<{ latenciesMs: number[]; seconds: number }> {
  const connections = await Promise.all(Array.from({ length: options.connections }, () => RawConnection.open(url)));
  const latenciesMs: number[] = [];
  let next = 0;
  const started = performance.now();
  try {
    await Promise.all(
      connections.map(async (connection) => {
        while (next < options.calls) {
          const number = next++;
          const begun = performance.now();
          await call(connection, number);
          latenciesMs.push(performance.now() - begun);
        }
      }),
    );
    return { latenciesMs, seconds: (performance.now() - started) / 1_000 };
  } finally {
    for (const connection of connections) connection.close();
  }
}
