import type { McpServer } from "@modelcontextprotocol/server";
import { z } from "zod";
import { takeWhatFits } from "../bounds.ts";
import type { InspectedText, McpOptions } from "../mcp-server.ts";
import { answer, orRefusal } from "../tool-answer.ts";
import { READS } from "./inputs.ts";

/** A model's window at most: what is behind it is cut off anyway. */
const TEXT_CHARACTERS = 65_536;
const MODEL_CHARACTERS = 512;

/** `inspect`: a text's tokens; with a second text, how near the words that both share are in meaning. */
export function addInspectTool(server: McpServer, { client, compareWords }: McpOptions): void {
  server.registerTool(
    "inspect",
    {
      title: "Inspect tokens and word meanings",
      description:
        "Shows the tokens of a text as the model sees them. With a second text, compares each word that both share: the " +
        "static cosine is always 1 for the same word, the contextual cosine is low where the word means something else.",
      annotations: READS,
      inputSchema: z.object({
        text: z.string().min(1).max(TEXT_CHARACTERS),
        other: z.string().min(1).max(TEXT_CHARACTERS).optional().describe("A second text with words of the first"),
        model: z.string().min(1).max(MODEL_CHARACTERS).optional().describe("Another model than the server's default"),
      }),
    },
    ({ text, other, model }, { mcpReq: { signal } }) =>
      orRefusal(async () => {
        const inspect = async (one: string): Promise<InspectedText> => ({
          text: one,
          answer: await client.inspect(one, { signal, ...(model === undefined ? {} : { model }) }),
        });
        const first = await inspect(text);
        const { taken: words, leftOut } = takeWhatFits(
          other === undefined ? tokensOf(first) : compareWords(first, await inspect(other)),
        );
        const { model: name, shape, truncated } = first.answer;
        return answer({
          model: name,
          shape,
          truncated,
          [other === undefined ? "tokens" : "shared_words"]: words,
          ...(leftOut > 0 ? { left_out_to_keep_it_short: leftOut } : {}),
        });
      }),
  );
}

function tokensOf({ answer: { tokens } }: InspectedText): object[] {
  return tokens.map(({ text, id, start, end, special }) =>
    special ? { text, id, special } : { text, id, start, end },
  );
}
