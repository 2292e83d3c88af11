import type { Socket } from "node:net";
import { PolysemeError } from "@polyseme/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import { errorBody } from "./error-dialects.ts";

/** From the first byte of a connection, or of its next request, until all headers are there. */
export const HEADERS_MS = 15_000;
/** Until all of an ordinary request is there. Streams of documents are not held to it: they have a clock for each wait. */
export const REQUEST_MS = 120_000;
/** Not a byte either way: above the longest answer that is waited for (a ticket, 300 s). It ends those who do not read. */
export const SILENT_MS = 330_000;

const HEAD = "HEAD ";
const NDJSON = "application/x-ndjson";

/**
 * What Node's own clocks need to know. They cost an ordinary request nothing, where a timer for each body cost it some
 * 10 µs, but they know no streams: so those are noted, and left alone when their time is up.
 */
export interface SlowClients {
  /** Call for a request that may be served. */
  noteStream(request: FastifyRequest, reply: FastifyReply): void;
  /** Answers what is no whole HTTP request, or not in time, in the words of this API, and closes the connection. */
  refuse(error: Error & { code?: string; rawPacket?: unknown }, socket: Socket): void;
}

export function makeSlowClients(): SlowClients {
  const streams = new WeakSet<Socket>();
  return {
    noteStream({ raw, headers }, reply) {
      if (headers["content-type"]?.startsWith(NDJSON) !== true) return;
      const { socket } = raw;
      streams.add(socket);
      reply.raw.once("close", () => streams.delete(socket));
    },
    refuse(error, socket) {
      if (error.code === "ECONNRESET" || socket.destroyed) return;
      if (error.code === "ERR_HTTP_REQUEST_TIMEOUT" && streams.has(socket)) return;
      const known = faultOf(error.code);
      const body = JSON.stringify(errorBody(known));
      // Behind the headers of an answer to HEAD comes the next answer.
      const packet = Buffer.isBuffer(error.rawPacket) ? error.rawPacket : Buffer.alloc(0);
      const isHead = packet.subarray(0, HEAD.length).toString("latin1") === HEAD;
      if (socket.writable)
        socket.write(
          `HTTP/1.1 ${known.status} ${known.code}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
            `x-content-type-options: nosniff\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${isHead ? "" : body}`,
        );
      socket.destroySoon();
    },
  };
}

export function tooSlow(withinMs: number): PolysemeError {
  return new PolysemeError("too_slow", `The request did not arrive within ${withinMs / 1_000} s.`);
}

function faultOf(code: string | undefined): PolysemeError {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new PolysemeError("too_slow", "The request did not arrive in time.");
    case "HPE_HEADER_OVERFLOW":
      return new PolysemeError("too_large", "The request's headers are larger than 16 KiB.");
    default:
      return new PolysemeError("invalid", "This is not an HTTP request that can be read.");
  }
}
