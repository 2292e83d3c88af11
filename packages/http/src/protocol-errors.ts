import { PolysemeError } from "@polyseme/core";
import type { FastifyRequest } from "fastify";

/**
 * Compressed bodies are not unpacked, so they are refused: read as they are, each line of one would be a fault.
 * @throws PolysemeError `unsupported_media_type`
 */
export function refuseEncodedBody({ method, headers }: Pick<FastifyRequest, "headers" | "method">): void {
  // What comes with these is not read.
  if (method === "GET" || method === "HEAD") return;
  const encoding = headers["content-encoding"];
  if (encoding === undefined || encoding.trim() === "" || encoding.trim().toLowerCase() === "identity") return;
  throw new PolysemeError("unsupported_media_type", "Send the body without a content-encoding.", {
    details: { field: "content-encoding" },
  });
}
