import type { FastifyPluginAsyncTypebox } from "@fastify/type-provider-typebox";
import { messageOf, PolysemeError, type Log } from "@polyseme/core";
import { openPage, type Page, type PageFile } from "@polyseme/page";
import type { FastifyReply } from "fastify";
import { Type } from "typebox";

export interface PageDeps {
  readonly log: Log;
  /** For tests. */
  readonly open?: () => Promise<Page>;
}

/** Its own files and its own server, nothing else: no inline script or style, no form that is sent, no frame around it. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** The web page, open to everybody: it holds nothing, and asks for everything with the key that is typed into it. */
export const pageRoutes: FastifyPluginAsyncTypebox<PageDeps> = async (app, { log, open = () => openPage() }) => {
  await Promise.resolve();
  const page = makeOnce(async () => {
    try {
      return await open();
    } catch (error) {
      log.error({ reason: messageOf(error) }, "there is no page");
      throw new PolysemeError("unavailable", "The page is not built on this server. Its log says why.");
    }
  });

  app.get(
    "/",
    {
      config: { needs: "nobody" },
      schema: { summary: "The web page (text/html)", tags: ["operations"] },
    },
    async (_request, reply) => send(reply, (await page()).document, "no-cache"),
  );

  app.get(
    "/assets/:name",
    { config: { needs: "nobody" }, schema: { hide: true, params: Type.Object({ name: Type.String() }) } },
    async ({ params }, reply) => {
      const file = (await page()).assets.get(params.name);
      if (file === undefined) throw new PolysemeError("not_found", "The page has no such file. Load it again.");
      // Another content has another name.
      return send(reply, file, "public, max-age=31536000, immutable");
    },
  );
};

function send(reply: FastifyReply, { type, bytes }: PageFile, cacheControl: string): FastifyReply {
  return reply
    .headers({ "content-security-policy": CONTENT_SECURITY_POLICY, "cache-control": cacheControl })
    .type(type)
    .send(bytes);
}

/** Made when it is first asked for, once for all who ask; after a failure, again. */
function makeOnce<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
