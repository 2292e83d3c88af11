import http from "node:http";
import net from "node:net";
import type { FuzzRequest } from "./requests.ts";
import { TICKET } from "./values.ts";

export interface FuzzAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}
/** `none`: the connection was closed without an answer, which a request that is not whole allows. */
export type Outcome =
  | { readonly kind: "answer"; readonly answer: FuzzAnswer }
  | { readonly kind: "none" | "late"; readonly reason: string };

/** An answer that takes longer is a hang. */
export const DEADLINE_MS = 10_000;

/** What is sent, with the last push's ticket filled in. */
export function filledIn(request: FuzzRequest, ticket: string): FuzzRequest {
  const body =
    request.body?.includes(TICKET) === true
      ? Buffer.from(request.body.toString().replaceAll(TICKET, ticket))
      : request.body;
  return { ...request, path: request.path.replaceAll(TICKET, ticket), body };
}

/** Sends one request and waits for the whole answer. Paths go out byte for byte, which fetch would not do. */
export async function send(url: string, agent: http.Agent, request: FuzzRequest): Promise<Outcome> {
  if (request.wire !== "plain" && request.wire !== "chunked") {
    const isWhole = request.wire === "length_too_small" || request.wire === "bad_chunk";
    return sendRaw(url, rawBytes(request), isWhole);
  }
  try {
    return await sendOnce(url, agent, request);
  } catch (error) {
    // The server may close an idle connection at the very moment it is used again.
    if (error instanceof ReusedAndClosed) return sendOnce(url, new http.Agent(), request);
    throw error;
  }
}

class ReusedAndClosed extends Error {}

function sendOnce(
  url: string,
  agent: http.Agent,
  { method, path, headers, body, wire }: FuzzRequest,
): Promise<Outcome> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = http.request({
      hostname,
      port,
      agent,
      method,
      path: path === "" ? "/" : path,
      headers: {
        ...Object.fromEntries(headers),
        ...(body !== undefined && wire === "plain" ? { "content-length": body.length } : {}),
        ...(body !== undefined && wire === "chunked" ? { "transfer-encoding": "chunked" } : {}),
      },
    });
    const late = setTimeout(() => {
      request.destroy();
      resolve({ kind: "late", reason: `no whole answer within ${DEADLINE_MS} ms` });
    }, DEADLINE_MS);
    request.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => {
        clearTimeout(late);
        const contentType = response.headers["content-type"] ?? "";
        resolve({
          kind: "answer",
          answer: { status: response.statusCode ?? 0, contentType, text: Buffer.concat(parts).toString() },
        });
      });
      response.on("error", (error) => {
        clearTimeout(late);
        resolve({ kind: "none", reason: `the answer broke off: ${error.message}` });
      });
    });
    request.on("error", (error) => {
      clearTimeout(late);
      if (request.reusedSocket && "code" in error && (error.code === "ECONNRESET" || error.code === "EPIPE"))
        reject(new ReusedAndClosed());
      else resolve({ kind: "none", reason: error.message });
    });
    if (body !== undefined && wire === "chunked") {
      const middle = Math.floor(body.length / 2);
      if (middle > 0) request.write(body.subarray(0, middle));
      request.end(body.subarray(middle));
    } else request.end(body);
  });
}

/** The request as bytes, wrong in the way that `wire` says. */
export function rawBytes({ method, path, headers, body = Buffer.alloc(0), wire }: FuzzRequest): Buffer {
  const lines = [
    `${method} ${path === "" ? "/" : path} HTTP/1.1`,
    "host: localhost",
    "connection: close",
    ...headers.map((header) => header.join(": ")),
  ];
  const head = (...more: string[]): Buffer => Buffer.from(`${[...lines, ...more].join("\r\n")}\r\n\r\n`, "latin1");
  switch (wire) {
    case "length_too_small":
      return Buffer.concat([head(`content-length: ${Math.floor(body.length / 2)}`), body]);
    case "length_too_large":
      return Buffer.concat([head(`content-length: ${body.length + 100}`), body]);
    case "cut":
      return Buffer.concat([head(`content-length: ${body.length}`), body.subarray(0, Math.floor(body.length / 2))]);
    case "bad_chunk":
      return Buffer.concat([head("transfer-encoding: chunked"), Buffer.from("zz\r\n"), body]);
    case "plain":
      return Buffer.concat([head(`content-length: ${body.length}`), body]);
    case "chunked":
      return Buffer.concat([
        head("transfer-encoding: chunked"),
        Buffer.from(`${body.length.toString(16)}\r\n`),
        body,
        Buffer.from("\r\n0\r\n\r\n"),
      ]);
    default:
      throw new Error(`Unknown wire ${String(wire satisfies never)}`);
  }
}

/** Sends the bytes and reads until the server has closed; ends its own side when more is due that will not come. */
function sendRaw(url: string, bytes: Buffer, isWhole: boolean): Promise<Outcome> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = net.connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const parts: Buffer[] = [];
    const finish = (outcome: Outcome): void => {
      clearTimeout(late);
      socket.destroy();
      resolve(outcome);
    };
    const late = setTimeout(() => {
      finish({ kind: "late", reason: `the connection was still open after ${DEADLINE_MS} ms` });
    }, DEADLINE_MS);
    socket.on("data", (part) => parts.push(part));
    socket.on("error", (error) => {
      finish(parsed(Buffer.concat(parts), error.message));
    });
    socket.on("end", () => {
      finish(parsed(Buffer.concat(parts), "closed without an answer"));
    });
    // A side that is closed means a caller who left, so it stays open where an answer can come.
    socket.on("connect", () => (isWhole ? socket.write(bytes) : socket.end(bytes)));
  });
}

/** The first answer in these bytes. */
function parsed(bytes: Buffer, reason: string): Outcome {
  const end = bytes.indexOf("\r\n\r\n");
  const head = bytes.subarray(0, end === -1 ? 0 : end).toString("latin1");
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
  if (!Number.isInteger(status)) return { kind: "none", reason };
  const header = (name: string): string | undefined => new RegExp(`^${name}: *(.*)$`, "im").exec(head)?.[1];
  const rest = bytes.subarray(end + 4);
  const length = header("content-length");
  const text = (length === undefined ? rest : rest.subarray(0, Number(length))).toString();
  return { kind: "answer", answer: { status, contentType: header("content-type") ?? "", text } };
}
