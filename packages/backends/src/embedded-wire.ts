import { Duplex } from "node:stream";

/** Runs whole frontend messages of the Postgres protocol and answers what the backend says to them. */
export type ProtocolRunner = (messages: Uint8Array) => Promise<Uint8Array>;

/**
 * The socket of a `pg.Client` that talks to an embedded Postgres in the same process. With it, the same driver, binary
 * parameters, error codes and notifications serve both sizes, and no second dialect of the store is needed.
 */
export class EmbeddedWire extends Duplex {
  readonly #run: ProtocolRunner;
  #pending: Buffer = Buffer.alloc(0);
  #started = false;

  constructor(run: ProtocolRunner) {
    super({ allowHalfOpen: false });
    this.#run = run;
  }

  // pg treats its stream as a socket: these are the parts of one that it calls.
  connect(): this {
    queueMicrotask(() => this.emit("connect"));
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {
    // Everything is pushed when it is there; pg reads at once.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.#take(chunk).then(() => {
      done();
    }, done);
  }

  override _writev(chunks: { chunk: Buffer }[], done: (error?: Error) => void): void {
    this.#take(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => {
      done();
    }, done);
  }

  async #take(chunk: Buffer): Promise<void> {
    this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    const end = wholeMessages(this.#pending, this.#started);
    if (end === 0) return;
    const messages = this.#pending.subarray(0, end);
    this.#pending = this.#pending.subarray(end);
    this.#started = true;
    if (messages[0] === TERMINATE) {
      this.push(null);
      return;
    }
    this.push(Buffer.from(await this.#run(messages)));
  }
}

const TERMINATE = "X".charCodeAt(0);

/** Bytes at the front that are whole messages; the first message of a session has no type byte. */
function wholeMessages(bytes: Buffer, started: boolean): number {
  let end = 0;
  for (let typeBytes = started ? 1 : 0; bytes.length - end >= typeBytes + 4; typeBytes = 1) {
    const next = end + typeBytes + bytes.readInt32BE(end + typeBytes);
    if (next > bytes.length) break;
    end = next;
  }
  return end;
}
