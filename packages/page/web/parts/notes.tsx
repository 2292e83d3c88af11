import { ServerError } from "../server.ts";

/** What went wrong, in the server's words. Empty while nothing did: a place that is there before is read out when it fills. */
export function Fault({ error }: { readonly error: Error | undefined }) {
  return (
    <div role="alert">
      {error !== undefined && (
        <p class="fault">
          {error.message}
          {error instanceof ServerError && <span class="code"> {error.code}</span>}
          {error instanceof ServerError && <Hint code={error.code} />}
        </p>
      )}
    </div>
  );
}

/** What to do next, where the server's own words cannot know of this page. */
const HINTS: Readonly<Record<string, string>> = {
  unauthorized: "Enter an API key at the top of the page.",
  forbidden: "Use a key with that role, or of that collection.",
  unreachable: "It is asked again when you try again.",
  overloaded: "Wait until some of the backlog is done: Throughput shows it.",
};

function Hint({ code }: { readonly code: string }) {
  const hint = HINTS[code];
  return hint === undefined ? null : <span class="next"> {hint}</span>;
}

/** What a person who does not see the page is told when something has come. */
export function Status({ text }: { readonly text: string }) {
  return (
    <p role="status" class="status">
      {text}
    </p>
  );
}
