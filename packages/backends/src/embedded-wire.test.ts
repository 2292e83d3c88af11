import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EmbeddedWire } from "./embedded-wire.ts";

/** A startup message: its length, counting itself, and no type byte. */
function startup(body: Uint8Array): Buffer {
  const message = Buffer.alloc(4 + body.length);
  message.writeInt32BE(message.length);
  message.set(body, 4);
  return message;
}

/** Every later message: its type, then its length without the type byte. */
function message(type: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(type), startup(body)]);
}

/** The bytes of whole messages that `bytes` begins with; throws when it ends inside of one. */
function split(bytes: Buffer, first: boolean): Buffer[] {
  const messages: Buffer[] = [];
  let typeBytes = first ? 0 : 1;
  for (let at = 0; at < bytes.length; typeBytes = 1) {
    const end = at + typeBytes + bytes.readInt32BE(at + typeBytes);
    if (end > bytes.length) throw new Error("Half a message was run");
    messages.push(bytes.subarray(at, end));
    at = end;
  }
  return messages;
}

const body = fc.uint8Array({ maxLength: 30 });
const session = fc
  .tuple(body, fc.array(fc.tuple(fc.constantFrom("Q", "P", "B", "D", "E", "S", "d"), body), { maxLength: 12 }))
  .map(([first, later]) => [startup(first), ...later.map(([type, inner]) => message(type, inner))]);

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const cuts = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...cuts].map((from, index) => bytes.subarray(from, cuts[index] ?? bytes.length));
}

function write(wire: EmbeddedWire, chunk: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    wire.write(chunk, (error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}

const typesOf = (bytes: Uint8Array): string => String.fromCharCode(bytes[0] ?? 0);

describe("messages on the wire", () => {
  test("arrive whole and in order, wherever the bytes are cut and however many chunks wait", async () => {
    await fc.assert(
      fc.asyncProperty(
        session,
        fc.array(fc.nat(), { maxLength: 12 }),
        fc.boolean(),
        async (messages, places, waits) => {
          const ran: Buffer[] = [];
          const wire = new EmbeddedWire((bytes) => {
            ran.push(Buffer.from(bytes));
            return Promise.resolve(new Uint8Array(0));
          });
          const chunks = cut(Buffer.concat(messages), places);
          if (waits) for (const chunk of chunks) await write(wire, chunk);
          else await Promise.all(chunks.map((chunk) => write(wire, chunk)));
          const arrived = ran.flatMap((bytes, index) => split(bytes, index === 0));
          expect(arrived.map((one) => one.toString("hex"))).toEqual(messages.map((one) => one.toString("hex")));
          wire.destroy();
        },
      ),
    );
  });

  test("that end at a byte boundary of the header wait for the rest of it", async () => {
    const ran: string[] = [];
    const wire = new EmbeddedWire((bytes) => {
      ran.push(Buffer.from(bytes).toString("hex"));
      return Promise.resolve(new Uint8Array(0));
    });
    for (const byte of startup(Buffer.from("v3"))) await write(wire, Buffer.of(byte));
    expect(ran).toEqual(["000000067633"]);
    const query = message("Q", Buffer.from("a"));
    for (const byte of query.subarray(0, -1)) await write(wire, Buffer.of(byte));
    expect(ran).toHaveLength(1);
    await write(wire, query.subarray(-1));
    expect(ran[1]).toBe(query.toString("hex"));
  });

  test("run one after the other, never two at a time", async () => {
    let running = 0;
    let most = 0;
    const wire = new EmbeddedWire(async (bytes) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      return bytes;
    });
    await Promise.all(
      [startup(Buffer.of(1)), message("Q", Buffer.of(2)), message("Q", Buffer.of(3))].map((one) => write(wire, one)),
    );
    expect(most).toBe(1);
  });
});

describe("what the backend says", () => {
  test("is read in order", async () => {
    const wire = new EmbeddedWire((bytes) => Promise.resolve(Buffer.from(`<${typesOf(bytes)}>`)));
    const heard: string[] = [];
    wire.on("data", (data: Buffer) => heard.push(data.toString()));
    await write(wire, startup(Buffer.of(1)));
    await write(wire, message("Q", Buffer.of(2)));
    await write(wire, message("S", Buffer.of(3)));
    await Promise.all([once(wire, "end"), write(wire, message("X", new Uint8Array(0)))]);
    expect(heard.join("")).toBe("<\u0000><Q><S>");
  });

  test("may be nothing, and the wire stays open", async () => {
    const wire = new EmbeddedWire(() => Promise.resolve(new Uint8Array(0)));
    wire.resume();
    await write(wire, startup(Buffer.of(1)));
    await write(wire, message("S", Buffer.of(3)));
    expect(wire.readableEnded).toBe(false);
    expect(wire.writable).toBe(true);
  });

  test("ends when the client terminates, and the backend is not asked to", async () => {
    const ran: string[] = [];
    const wire = new EmbeddedWire((bytes) => {
      ran.push(typesOf(bytes));
      return Promise.resolve(new Uint8Array(0));
    });
    const ended = once(wire, "end");
    wire.resume();
    await write(wire, startup(Buffer.of(1)));
    await write(wire, message("X", new Uint8Array(0)));
    await ended;
    expect(ran).toEqual(["\u0000"]);
  });

  test("is an error of the wire when the backend fails", async () => {
    const wire = new EmbeddedWire(() => Promise.reject(new Error("out of memory")));
    const failed = once(wire, "error");
    await expect(write(wire, startup(Buffer.of(1)))).rejects.toThrow("out of memory");
    expect(await failed).toEqual([new Error("out of memory")]);
    expect(wire.destroyed).toBe(true);
  });
});

test("connecting succeeds after the caller has had time to listen", async () => {
  const wire = new EmbeddedWire(() => Promise.resolve(new Uint8Array(0)));
  const connected = once(wire.connect(), "connect");
  await connected;
  expect(wire.setNoDelay().setKeepAlive().ref().unref()).toBe(wire);
});
