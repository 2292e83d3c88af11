import type { Command } from "commander";
import type { CliContext } from "../context.ts";
import { withServerOptions, type ServerOptions } from "../options.ts";
import { withServer } from "../server.ts";
import { renderTable } from "../table.ts";

const COLUMNS = [{ title: "alias" }, { title: "collection" }, { title: "since" }] as const;

/** `polyseme aliases list|set|delete`. */
export function addAliases(program: Command, context: CliContext): void {
  const aliases = program.command("aliases").description("Other names for collections, which can change over at once");
  addList(aliases, context);
  addSet(aliases, context);
  addDelete(aliases, context);
}

function addList(aliases: Command, context: CliContext): void {
  withServerOptions(aliases.command("list").description("List all aliases")).action(async (options: ServerOptions) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      const all = await client.aliases.list({ signal });
      if (options.json === true) context.out.json(all);
      else if (all.length === 0)
        context.err.line("There are no aliases yet: polyseme aliases set NAME COLLECTION makes one.");
      else {
        const rows = all.map(({ name, collection, changedAt }) => [name, collection, changedAt]);
        for (const line of renderTable(COLUMNS, rows, context.out)) context.out.line(line);
      }
    });
  });
}

function addSet(aliases: Command, context: CliContext): void {
  const command = aliases
    .command("set")
    .description("Make an alias, or let it stand for another collection at once")
    .argument("<name>", "small letters, digits, _ and -")
    .argument("<collection>", "the collection that is meant by it from now on");
  withServerOptions(command).action(async (name: string, collection: string, options: ServerOptions) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      const alias = await client.aliases.set(name, collection, { signal });
      if (options.json === true) context.out.json(alias);
      else context.out.line(`"${alias.name}" is "${alias.collection}" from now on.`);
    });
  });
}

function addDelete(aliases: Command, context: CliContext): void {
  const command = aliases
    .command("delete")
    .description("Remove an alias; its collection stays")
    .argument("<name>", "the alias");
  withServerOptions(command).action(async (name: string, options: ServerOptions) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      await client.aliases.delete(name, { signal });
      if (options.json === true) context.out.json({ deleted: name });
      else context.out.line(`Removed the alias "${name}".`);
    });
  });
}
