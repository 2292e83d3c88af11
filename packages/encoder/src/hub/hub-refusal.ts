import { PolysemeError } from "@polyseme/core";
import type { HubAnswer } from "./hub-client.ts";
import type { HubId } from "./hub-id.ts";
import { PassingFault } from "./passing-fault.ts";

/** What was asked for, and how. */
export interface Asked {
  readonly id: HubId;
  readonly endpoint: string;
  readonly hasToken: boolean;
  /** The file; undefined: the model itself. */
  readonly file?: string;
}

/**
 * Why the hub does not give what was asked, from an answer that is no success: what to do about it is in the message.
 * @returns a PassingFault where the same request may succeed later
 */
export function refusalOf({ status, headers }: Pick<HubAnswer, "status" | "headers">, asked: Asked): Error {
  const { id, endpoint, hasToken, file } = asked;
  const code = headers["x-error-code"];
  const page = `${endpoint}/${id.repository}`;
  if (status === 429 || status === 408 || status >= 500) {
    const waitMs = waitOf(headers["retry-after"]);
    const until = waitMs === undefined ? "" : ` and wants to be asked again in ${Math.ceil(waitMs / 1_000)} s`;
    return new PassingFault(`${new URL(endpoint).host} answered ${status}${until}`, { waitMs });
  }
  if (code === "GatedRepo")
    return unavailable(
      hasToken
        ? `The authors of ${id.repository} give it to those only whom they let in, and not to this token. Ask them at ${page}, ` +
            "and take a token that may read it."
        : `The authors of ${id.repository} give it to those only whom they let in. Ask them at ${page}, then set HF_TOKEN to a ` +
            `token of yours (${endpoint}/settings/tokens).`,
    );
  if (code === "RevisionNotFound")
    return new PolysemeError(
      "invalid",
      `${page} has no revision "${id.revision}". Name a branch, a tag or a commit of it.`,
      {
        details: { field: "model" },
      },
    );
  if (status === 404 && file !== undefined)
    return unavailable(`${page} lists ${file} and does not give it (404). Try again, or name another revision.`);
  // The hub answers 401 for what is not there too, so that nobody learns what is private.
  if (status === 401 || status === 403 || status === 404) {
    const isGone = status === 404 || code === "RepoNotFound";
    const none = `${endpoint} has no model "${id.repository}"`;
    if (hasToken)
      return isGone
        ? new PolysemeError("invalid", `${none}, or none that this token may read. Look at its name.`, {
            details: { field: "model" },
          })
        : unavailable(
            `${endpoint} does not let this token read ${id.repository} (${status}). Set HF_TOKEN to another one.`,
          );
    return isGone
      ? new PolysemeError(
          "invalid",
          `${none}, or it is private. Look at its name, or set HF_TOKEN to a token that may read it.`,
          {
            details: { field: "model" },
          },
        )
      : unavailable(
          `${endpoint} wants to know who asks for ${id.repository} (${status}). Set HF_TOKEN to a token that may read it.`,
        );
  }
  return unavailable(`${endpoint} answered ${status} for ${file ?? id.repository}${said(headers["x-error-message"])}.`);
}

function unavailable(message: string): PolysemeError {
  return new PolysemeError("model_unavailable", message, { details: { field: "model" } });
}

function said(message: string | undefined): string {
  return message === undefined ? "" : `: ${message.slice(0, 200)}`;
}

/** Retry-After in seconds or as a date. */
function waitOf(retryAfter: string | undefined): number | undefined {
  if (retryAfter === undefined) return undefined;
  const ms = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - Date.now();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}
