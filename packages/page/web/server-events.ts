export interface ServerEvent {
  readonly name: string;
  readonly data: string;
}

/** No event of ours comes near it: a status lists a bounded number of failures. */
const MOST_CHARACTERS = 1_048_576;

/**
 * Takes a stream of server-sent events piece by piece, cut anywhere, and returns those that each piece completes.
 * (EventSource does the same and cannot send a key.)
 * @throws Error when an event has no end
 */
export function makeEventReader(): (piece: string) => ServerEvent[] {
  let rest = "";
  return (piece) => {
    rest += piece;
    // Half of a line end may be still to come.
    const whole = rest.endsWith("\r") ? rest.slice(0, -1) : rest;
    const blocks = whole.replaceAll(/\r\n?/g, "\n").split("\n\n");
    rest = (blocks.pop() ?? "") + rest.slice(whole.length);
    if (rest.length > MOST_CHARACTERS) throw new Error("The server sent an event without end.");
    return blocks.map(parseEvent).filter((event) => event !== undefined);
  };
}

/** undefined: a comment, which keeps the connection open. */
function parseEvent(block: string): ServerEvent | undefined {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field, value = ""] = /^([^:]*):? ?(.*)$/s.exec(line) ?? [];
    if (field === "event") name = value;
    else if (field === "data") data.push(value);
  }
  return data.length === 0 ? undefined : { name, data: data.join("\n") };
}
