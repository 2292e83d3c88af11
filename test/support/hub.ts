import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, relative, sep } from "node:path";

export const HUB_COMMIT = "0123456789abcdef0123456789abcdef01234567";
export const HUB_TOKEN = "hf_testtoken";

/** One request that the hub or its store was sent. */
export interface HubRequestSeen {
  readonly at: "hub" | "store";
  readonly method: string;
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

/** How the hub behaves; a test changes it at any time. */
export interface HubBehaviour {
  /** Models by `org/name`, their files by path. */
  models: Map<string, ReadonlyMap<string, Buffer>>;
  commit: string;
  /** Files that lie in the store behind, on another port, and are known by SHA-256; the others by git's SHA-1. */
  inStore: (path: string) => boolean;
  /** Bytes of an answer's body after which its connection is cut; undefined: it is not. */
  cutAfter: (path: string, from: number) => number | undefined;
  /** Waited for before the rest of a body, from its middle on. */
  hold: (path: string) => Promise<void>;
  /** What is sent in the place of a file. */
  send: (path: string, content: Buffer) => Buffer;
  takesRanges: boolean;
  /** Whether the list says how long files are and what their checksums are. */
  listsChecksums: boolean;
  /** An answer in the place of the usual one; undefined: the usual one. */
  answer: (seen: HubRequestSeen) => { status: number; headers?: Record<string, string> } | undefined;
  access: "open" | "gated" | "private";
}

/** A server in the shape of the Hugging Face hub, on loopback, with a store for large files on another port. */
export interface TestHub extends HubBehaviour {
  readonly url: string;
  readonly seen: HubRequestSeen[];
  /** Bytes of files that were sent. */
  sentBytes(): number;
  stop(): Promise<void>;
}

export async function startHub(models: HubBehaviour["models"]): Promise<TestHub> {
  const seen: HubRequestSeen[] = [];
  let sentBytes = 0;
  const hub: HubBehaviour = {
    models,
    commit: HUB_COMMIT,
    inStore: (path) => path.endsWith(".onnx"),
    cutAfter: () => undefined,
    hold: () => Promise.resolve(),
    send: (_path, content) => content,
    takesRanges: true,
    listsChecksums: true,
    answer: () => undefined,
    access: "open",
  };

  const note = (at: "hub" | "store", request: IncomingMessage): HubRequestSeen => {
    const { range, authorization } = request.headers;
    const one = { at, method: request.method ?? "", path: request.url ?? "", range, authorization };
    seen.push(one);
    return one;
  };
  const fileOf = (repository: string, path: string): Buffer | undefined => hub.models.get(repository)?.get(path);
  const sendFile = async (
    request: IncomingMessage,
    response: ServerResponse,
    path: string,
    file: Buffer,
  ): Promise<void> => {
    const content = hub.send(path, file);
    const from = hub.takesRanges ? Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0) : 0;
    if (from >= content.length && from > 0) {
      response.writeHead(416).end();
      return;
    }
    const rest = content.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      "content-length": rest.length,
      ...(from > 0 && { "content-range": `bytes ${from}-${content.length - 1}/${content.length}` }),
      ...metadata(file, hub.inStore(path), hub.commit),
    });
    if (request.method === "HEAD") {
      response.end();
      return;
    }
    const cut = hub.cutAfter(path, from);
    const part = rest.subarray(0, cut ?? rest.length);
    const middle = Math.floor(part.length / 2);
    await write(response, part.subarray(0, middle));
    await hub.hold(path);
    await write(response, part.subarray(middle));
    sentBytes += part.length;
    if (cut === undefined) response.end();
    else response.destroy();
  };

  const store = createServer((request, response) => {
    const one = note("store", request);
    const unusual = hub.answer(one);
    const [, org = "", name = "", ...path] = one.path.split("/").map(decodeURIComponent);
    const file = fileOf(`${org}/${name}`, path.join("/"));
    if (unusual !== undefined) response.writeHead(unusual.status, unusual.headers).end();
    else if (file === undefined) response.writeHead(404).end();
    else void sendFile(request, response, path.join("/"), file);
  });
  const storeUrl = await listen(store, "127.0.0.1");

  const server = createServer((request, response) => {
    const one = note("hub", request);
    const unusual = hub.answer(one);
    const url = new URL(one.path, "http://hub");
    const listed = /^\/api\/models\/([^/]+\/[^/]+)\/revision\/([^/]+)$/.exec(url.pathname);
    const resolved = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname);
    const repository = listed?.[1] ?? resolved?.[1] ?? "";
    const files = hub.models.get(repository);
    if (unusual !== undefined) response.writeHead(unusual.status, unusual.headers).end();
    else if (hub.access !== "open" && one.authorization !== `Bearer ${HUB_TOKEN}`)
      // What the hub says to strangers: of a private model nothing.
      response
        .writeHead(401, {
          "x-error-code": hub.access === "gated" && files !== undefined ? "GatedRepo" : "RepoNotFound",
        })
        .end();
    else if (files === undefined) response.writeHead(404, { "x-error-code": "RepoNotFound" }).end();
    else if (listed !== null) {
      if (!["main", "v1", hub.commit].includes(decodeURIComponent(listed[2] ?? "")))
        response.writeHead(404, { "x-error-code": "RevisionNotFound" }).end();
      else response.setHeader("content-type", "application/json").end(JSON.stringify(listing(files, hub)));
    } else if (resolved !== null && resolved[2] === hub.commit) {
      const path = decodeURIComponent(resolved[3] ?? "");
      const file = files.get(path);
      if (file === undefined) response.writeHead(404, { "x-error-code": "EntryNotFound" }).end();
      else if (hub.inStore(path))
        response
          .writeHead(302, { location: `${storeUrl}/${repository}/${path}`, ...metadata(file, true, hub.commit) })
          .end();
      else void sendFile(request, response, path, file);
    } else response.writeHead(404).end();
  });
  const url = await listen(server, "127.0.0.1");

  return Object.assign(hub, {
    url,
    seen,
    sentBytes: () => sentBytes,
    stop: () => Promise.all([close(server), close(store)]).then(() => undefined),
  });
}

/** The files of a folder, by their paths in it. */
export async function filesOf(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      files.map(async (file) => [relative(folder, file).split(sep).join("/"), await readFile(file)] as const),
    ),
  );
}

function listing(files: ReadonlyMap<string, Buffer>, { commit, listsChecksums, inStore }: HubBehaviour): object {
  return {
    id: "anything",
    sha: commit,
    siblings: [...files].map(([path, content]) => ({
      rfilename: path,
      ...(listsChecksums && {
        size: content.length,
        blobId: gitHash(content),
        ...(inStore(path) && { lfs: { size: content.length, sha256: sha256(content), pointerSize: 130 } }),
      }),
    })),
  };
}

function metadata(content: Buffer, inStore: boolean, commit: string): Record<string, string> {
  return inStore
    ? { "x-repo-commit": commit, "x-linked-etag": `"${sha256(content)}"`, "x-linked-size": String(content.length) }
    : { "x-repo-commit": commit, etag: `W/"${gitHash(content)}"` };
}

const sha256 = (content: Buffer): string => createHash("sha256").update(content).digest("hex");
const gitHash = (content: Buffer): string =>
  createHash("sha1").update(`blob ${content.length}\0`).update(content).digest("hex");

function write(response: ServerResponse, bytes: Buffer): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed || bytes.length === 0) resolve();
    else {
      response.once("close", resolve);
      response.write(bytes, () => {
        resolve();
      });
    }
  });
}

async function listen(server: Server, host: string): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  return `http://${host}:${(server.address() as AddressInfo).port}`;
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}
