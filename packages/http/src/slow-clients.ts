import type { Socket } from "node:net";
import { PolysemeError } from "@polyseme/core";
import type { preParsingHookHandler } from "fastify";
import { errorBody } from "./answer-error.ts";

/** From the first byte of a connection, or of its next request, until all headers are there. */
export const HEADERS_MS = 15_000;
/** From the headers to the end of the body. Streams of documents are not held to it: they have a clock for each wait. */
export const BODY_MS = 120_000;
/** Not a byte either way: above the longest answer that is waited for (a ticket, 300 s). It ends those who do not read. */
export const SILENT_MS = 330_000;

const NDJSON = "application/x-ndjson";

/** A `preParsing` hook: a body that is not there in time is `too_slow`, however steadily it drips. */
export function cutSlowBodies(withinMs: number): preParsingHookHandler {
  return (request, _reply, payload, done) => {
    if (!request.raw.complete && request.headers["content-type"]?.startsWith(NDJSON) !== true) {
      const late = setTimeout(() => {
        // Told to the reader as if the stream had failed, so that there is an answer; without a reader it is just cut.
        if (payload.listenerCount("error") > 0) payload.emit("error", tooSlow(withinMs));
        else request.raw.socket.destroy();
      }, withinMs);
      const stop = (): void => {
        clearTimeout(late);
      };
      request.raw.once("end", stop).once("close", stop);
    }
    done();
  };
}

export function tooSlow(withinMs: number): PolysemeError {
  return new PolysemeError("too_slow", `The request did not arrive within ${withinMs / 1_000} s.`);
}

/** Answers what is no whole HTTP request in the words of this API, and closes the connection. */
export function refuseBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const known = faultOf(error.code);
  const body = JSON.stringify(errorBody(known));
  if (socket.writable)
    socket.write(
      `HTTP/1.1 ${known.status} ${known.code}\r\nconnection: close\r\ncontent-type: application/json; charset=utf-8\r\n` +
        `x-content-type-options: nosniff\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
  socket.destroySoon();
}

function faultOf(code: string | undefined): PolysemeError {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new PolysemeError("too_slow", "The request's headers did not arrive in time.");
    case "HPE_HEADER_OVERFLOW":
      return new PolysemeError("too_large", "The request's headers are larger than 16 KiB.");
    default:
      return new PolysemeError("invalid", "This is not an HTTP request that can be read.");
  }
}
