import { ServerError } from "../server.ts";

/** What went wrong, in the server's words. Empty while nothing did: a place that is there before is read out when it fills. */
export function Fault({ error }: { readonly error: Error | undefined }) {
  return (
    <div role="alert">
      {error !== undefined && (
        <p class="fault">
          {error.message}
          {error instanceof ServerError && <span class="code"> {error.code}</span>}
        </p>
      )}
    </div>
  );
}

/** What a person who does not see the page is told when something has come. */
export function Status({ text }: { readonly text: string }) {
  return (
    <p role="status" class="status">
      {text}
    </p>
  );
}
