import type { FuzzRequest } from "./requests.ts";
import { rawBytes } from "./send.ts";

/** A line for the shell that sends the request again, byte for byte. */
export function asCurl(url: string, request: FuzzRequest): string {
  const { method, path, headers, body, wire } = request;
  if (wire !== "plain" && wire !== "chunked") {
    const { hostname, port } = new URL(url);
    return `echo ${rawBytes(request).toString("base64")} | base64 -d | nc -N ${hostname} ${port}`;
  }
  const options = [
    "curl -sS --path-as-is -g",
    method === "HEAD" ? "-I" : `-X ${method}`,
    ...headers.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(wire === "chunked" ? ["-H 'transfer-encoding: chunked'"] : []),
  ];
  const target = quoted(url + path);
  if (body === undefined) return `${options.join(" ")} ${target}`;
  const text = body.toString();
  const isPlain = text.length < 2_000 && /^[\x20-\x7e]*$/.test(text);
  return isPlain
    ? `${options.join(" ")} --data-binary ${quoted(text)} ${target}`
    : `echo ${body.toString("base64")} | base64 -d | ${options.join(" ")} --data-binary @- ${target}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
