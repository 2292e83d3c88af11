import type { ErrorCode, ErrorDetails, PolysemeError } from "@polyseme/core";
import { Type, type Static } from "typebox";
import { ErrorSchema } from "./schemas.ts";

/** Whose clients read the errors of a route: OpenAI's, or those of Hugging Face's text-embeddings-inference. */
export type ErrorDialect = "openai" | "tei";

/** OpenAI's error: ours, with what its clients look at besides. */
export const OpenAiErrorSchema = Type.Object({
  error: Type.Object({
    ...ErrorSchema.properties.error.properties,
    // Not there when the address could not be read: which route it was for is not known then.
    type: Type.Optional(Type.String()),
    param: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
});

const TEI_ERROR_TYPES = ["Unhealthy", "Backend", "Overloaded", "Validation", "Tokenizer", "Empty"] as const;
type TeiErrorType = (typeof TEI_ERROR_TYPES)[number];

export const TeiErrorSchema = Type.Object({ error: Type.String(), error_type: Type.Enum([...TEI_ERROR_TYPES]) });

export interface ErrorBody {
  readonly error: { readonly code: ErrorCode; readonly message: string; readonly details?: ErrorDetails };
}

/** An error as its answer's body; what is ours to mend is not shown. */
export function errorBody(error: PolysemeError): ErrorBody {
  const { code, details } = error;
  return { error: { code, message: shownMessage(error), ...(details === undefined ? {} : { details }) } };
}

/** The same in another's shape; the status is ours in each. */
export function inDialect(
  error: PolysemeError,
  dialect: ErrorDialect | undefined,
): ErrorBody | Static<typeof OpenAiErrorSchema> | Static<typeof TeiErrorSchema> {
  switch (dialect) {
    case undefined:
      return errorBody(error);
    case "openai": {
      const field = error.details?.["field"];
      const param = typeof field === "string" ? field : null;
      return { error: { ...errorBody(error).error, type: openAiType(error.code), param } };
    }
    case "tei":
      return { error: shownMessage(error), error_type: teiType(error) };
    default:
      return dialect satisfies never;
  }
}

function shownMessage({ code, message }: PolysemeError): string {
  return code === "internal" ? "Something failed here; the log has the reason." : message;
}

function openAiType(code: ErrorCode): string {
  switch (code) {
    case "unauthorized":
      return "authentication_error";
    case "forbidden":
      return "permission_error";
    case "overloaded":
      return "rate_limit_error";
    case "invalid":
    case "not_found":
    case "too_slow":
    case "conflict":
    case "too_large":
    case "unsupported_media_type":
    case "unusable_text":
      return "invalid_request_error";
    case "internal":
    case "encode_failed":
    case "encoder_crashed":
    case "not_implemented":
    case "unavailable":
    case "model_unavailable":
      return "server_error";
    default:
      return code satisfies never;
  }
}

function teiType({ code, details }: PolysemeError): TeiErrorType {
  switch (code) {
    case "invalid":
      return details?.["empty"] === true ? "Empty" : "Validation";
    case "unauthorized":
    case "forbidden":
    case "not_found":
    case "too_slow":
    case "conflict":
    case "too_large":
    case "unsupported_media_type":
      return "Validation";
    case "unusable_text":
      return "Tokenizer";
    case "overloaded":
      return "Overloaded";
    case "unavailable":
    case "model_unavailable":
      return "Unhealthy";
    case "internal":
    case "encode_failed":
    case "encoder_crashed":
    case "not_implemented":
      return "Backend";
    default:
      return code satisfies never;
  }
}
