import type { InspectAnswer } from "@polyseme/client";
import type { Command } from "commander";
import { compareSharedWords, type WordComparison } from "../compare-words.ts";
import type { CliContext } from "../context.ts";
import { withServerOptions, type ServerOptions } from "../options.ts";
import { withServer } from "../server.ts";
import { renderTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

interface Options extends ServerOptions {
  readonly model?: string;
}

/** `polyseme inspect`: what the model sees in a text, or in the words that two texts share. */
export function addInspect(program: Command, context: CliContext): void {
  const command = program
    .command("inspect")
    .description("Show a text's tokens and vectors; with two texts, compare the words they share")
    .argument("<text>", "the text")
    .argument("[other]", "a second text")
    .option("--model <name>", "another model than the server's default");
  withServerOptions(command).action(async (text: string, other: string | undefined, options: Options) => {
    await withServer(context, options.url, async ({ client, signal }) => {
      const texts = other === undefined ? [text] : [text, other];
      const asked = { signal, ...(options.model === undefined ? {} : { model: options.model }) };
      const inspected: { text: string; answer: InspectAnswer }[] = [];
      for (const one of texts) inspected.push({ text: one, answer: await client.inspect(one, asked) });
      const [first, second] = inspected;
      if (first === undefined) return;
      const shared = second === undefined ? undefined : compareSharedWords(first, second);
      if (options.json === true)
        context.out.json(shared === undefined ? first.answer : { texts: inspected, sharedWords: shared });
      else {
        for (const one of inspected) printTokens(one.text, one.answer, context.out);
        if (shared !== undefined) printComparison(shared, context.out);
      }
    });
  });
}

function printTokens(text: string, { model, shape, tokens, truncated }: InspectAnswer, out: Terminal): void {
  const columns = [{ title: "token" }, { title: "id", align: "right" }, { title: "place", align: "right" }] as const;
  const rows = tokens.map(({ text: token, id, start, end, special }) => [
    token,
    String(id),
    special ? "" : `${start}–${end}`,
  ]);
  if (truncated) out.line(out.colors.yellow("The text is longer than the model takes: its end was cut off."));
  for (const line of renderTable(columns, rows, out)) out.line(line);
  out.line(`${model}: [${shape.join(", ")}] for ${text.length} characters`);
  out.line();
}

/** A row for each shared word. */
export function printComparison(shared: readonly WordComparison[], out: Terminal): void {
  if (shared.length === 0) {
    out.line("The two texts share no word.");
    return;
  }
  const columns = [
    { title: "shared word" },
    { title: "static cosine", align: "right" },
    { title: "contextual cosine", align: "right" },
  ] as const;
  const rows = shared.map(({ word, staticCosine, contextualCosine }) => [
    word,
    staticCosine.toFixed(4),
    contextualCosine.toFixed(4),
  ]);
  for (const line of renderTable(columns, rows, out)) out.line(line);
}
