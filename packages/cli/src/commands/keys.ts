import type { ApiKey, NewKey } from "@polyseme/client";
import { InvalidArgumentError, Option, type Command } from "commander";
import type { CliContext } from "../context.ts";
import { withServerOptions, type ServerOptions } from "../options.ts";
import { withServer } from "../server.ts";
import { renderTable } from "../table.ts";

interface CreateOptions extends ServerOptions {
  readonly role: NewKey["role"];
  readonly collection?: readonly string[];
  readonly rate?: number;
}

const COLUMNS = ["id", "name", "role", "collections", "rate", "made", "last used", "revoked"].map((title) => ({
  title,
}));

/** `polyseme keys create|list|revoke`. */
export function addKeys(program: Command, context: CliContext): void {
  const keys = program.command("keys").description("Make, list and revoke API keys");
  addCreate(keys, context);
  addList(keys, context);
  addRevoke(keys, context);
}

function addCreate(keys: Command, context: CliContext): void {
  const command = keys
    .command("create")
    .description("Make a key and print it: it is shown this once")
    .argument("<name>", "whose it is, what it is for")
    .addOption(
      new Option("--role <role>", "what it may do; each may also do what those before it may")
        .choices(["read", "write", "admin"])
        .makeOptionMandatory(),
    )
    .option("-c, --collection <name...>", "the only collections it may touch (all)")
    .option("--rate <requests>", "most requests a second, for each server process (no limit)", rate);
  withServerOptions(command).action(async (name: string, options: CreateOptions) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      const wanted: NewKey = {
        name,
        role: options.role,
        ...(options.collection === undefined ? {} : { collections: options.collection }),
        ...(options.rate === undefined ? {} : { ratePerSecond: options.rate }),
      };
      const made = await client.keys.create(wanted, { signal });
      if (options.json === true) {
        context.out.json(made);
        return;
      }
      context.out.line(made.key);
      context.err.line(`This is the key ${made.id}, shown this once. Clients send it as a bearer token;`);
      context.err.line("for this command line set POLYSEME_API_KEY to it.");
    });
  });
}

function addList(keys: Command, context: CliContext): void {
  withServerOptions(keys.command("list").description("List all keys, revoked ones last")).action(
    async (options: ServerOptions) => {
      await withServer(context, options.url, async ({ client, signal }) => {
        const all = await client.keys.list({ signal });
        if (options.json === true) context.out.json(all);
        else if (all.length === 0) context.err.line("There are no keys yet: polyseme keys create NAME --role admin.");
        else for (const line of renderTable(COLUMNS, all.map(rowOf), context.out)) context.out.line(line);
      });
    },
  );
}

function addRevoke(keys: Command, context: CliContext): void {
  withServerOptions(
    keys.command("revoke").description("End a key: within seconds no process knows it").argument("<id>", "k_..."),
  ).action(async (id: string, options: ServerOptions) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      const revoked = await client.keys.revoke(id, { signal });
      if (options.json === true) context.out.json(revoked);
      else context.out.line(`Revoked ${revoked.id} (${revoked.name})`);
    });
  });
}

function rowOf(key: ApiKey): string[] {
  return [
    key.id,
    key.name,
    key.role,
    key.collections?.join(" ") ?? "all",
    key.ratePerSecond === null ? "no limit" : `${key.ratePerSecond}/s`,
    minute(key.createdAt),
    key.lastUsedAt === null ? "never" : minute(key.lastUsedAt),
    key.revokedAt === null ? "" : minute(key.revokedAt),
  ];
}

/** `2026-01-31 12:00` of an ISO time. */
function minute(time: string): string {
  return time.slice(0, "2026-01-31T12:00".length).replace("T", " ");
}

function rate(text: string): number {
  const number = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || number <= 0) throw new InvalidArgumentError("It must be a number above 0.");
  return number;
}
