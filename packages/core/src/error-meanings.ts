import type { ErrorCode } from "./errors.ts";

/** What each code says, for people: in the reference, and for whoever sees one on a graph. */
export const ERROR_MEANINGS: Readonly<Record<ErrorCode, string>> = {
  invalid: "The request is not as described; `details.field` names what is at fault.",
  unauthorized: "There is no API key, or none that is known.",
  forbidden: "The key's role or its collections do not allow this.",
  not_found: "There is no such route, collection, document, ticket or key.",
  too_slow: "The request came in too slowly; the connection is closed.",
  conflict: "It does not go together with what is there; the message names the way that does.",
  too_large: "The body, the line or the document is over its bound.",
  unsupported_media_type: "The body's type or its compression is not one that the route takes.",
  unusable_text: "The text is empty, or nothing of it can be encoded.",
  overloaded: "There is no room or the key's rate is reached; `Retry-After` says when to come back.",
  internal: "A fault of the server; its log says more.",
  encode_failed: "The model refuses the text, also when it is alone.",
  encoder_crashed: "The text ended the process that encoded it, twice and alone.",
  not_implemented: "The interface names it, and this version does not do it.",
  unavailable: "Something that the server needs is away: Postgres, the queue.",
  model_unavailable: "The model of the collection cannot be loaded here.",
};
