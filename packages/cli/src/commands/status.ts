import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { withServerOptions, type ServerOptions } from "../options.ts";
import { printCollections } from "../print-collections.ts";
import { withServer } from "../server.ts";

/** `polyseme status`: whether the server is ready, and every collection's numbers. */
export function addStatus(program: Command, context: CliContext): void {
  const command = program
    .command("status")
    .description("Show whether the server is ready and what its collections hold");
  withServerOptions(command).action(async (options: ServerOptions) => {
    await withServer(context, options.url, async ({ client, url, isOwn, signal }) => {
      const { out } = context;
      const { ready, checks } = await client.ready({ signal });
      const collections = await client.collections.list({ signal });
      if (options.json === true) out.json({ url: isOwn ? null : url, ready, checks, collections });
      else {
        for (const [name, state] of Object.entries(checks)) {
          const mark = state === "ok" ? out.colors.green("✓") : out.colors.red("✗");
          out.line(`${mark} ${name}${state === "ok" ? "" : `: ${state}`}`);
        }
        if (collections.length === 0) out.line("There are no collections yet: polyseme ingest PATH makes one.");
        else printCollections(collections, out);
      }
      if (!ready) throw new Error("The server is not ready. See the checks above and polyseme doctor.");
    });
  });
}
