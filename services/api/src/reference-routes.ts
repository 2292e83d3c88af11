import { createHash } from "node:crypto";
import type { FastifyPluginCallback } from "fastify";
import type { ApiDocument } from "./reference/api-document.ts";
import { describeApi } from "./reference/describe-api.ts";
import { renderReference } from "./reference/reference-page.ts";
import { REFERENCE_STYLE } from "./reference/reference-style.ts";

/** Text and one style sheet of its own: no script at all, nothing from elsewhere. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "img-src data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** /openapi.json for people, and for the same callers: a browser asks for the key where keys are in use. */
export const referenceRoutes: FastifyPluginCallback = (app, _options, done) => {
  let page: { readonly html: string; readonly etag: string } | undefined;
  const makePage = (): { html: string; etag: string } => {
    const html = renderReference(describeApi(app.swagger() as unknown as ApiDocument));
    return { html, etag: `"${createHash("sha256").update(html).digest("base64url").slice(0, 27)}"` };
  };

  app.get(
    "/docs",
    { config: { needs: "read", tiedKeys: "served", browser: true }, schema: { hide: true } },
    (request, reply) => {
      // Routes are all there once a request comes in, and change no more.
      page ??= makePage();
      void reply.headers({
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "cache-control": "private, no-cache",
        etag: page.etag,
      });
      if (request.headers["if-none-match"] === page.etag) return reply.status(304).send();
      return reply.type("text/html; charset=utf-8").send(page.html);
    },
  );

  app.get("/docs/style.css", { config: { needs: "nobody" }, schema: { hide: true } }, (_request, reply) =>
    reply.header("cache-control", "public, max-age=3600").type("text/css; charset=utf-8").send(REFERENCE_STYLE),
  );
  done();
};
