import { PolysemeError, asPolysemeError } from "@polyseme/core";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { inDialect } from "./error-dialects.ts";

/** A field's name is the caller's own and may be a megabyte. */
const FIELD_CHARACTERS = 200;
/** The framework's reasons repeat what they are about, such as the whole address. */
const REASON_CHARACTERS = 300;
/** Seconds until a refused caller may try again, when the error does not say. */
const DEFAULT_RETRY_AFTER_SECONDS = 1;

/** Every error's way out: one body, its status from its code; what is ours to mend is logged and not shown. */
export function answerError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  // Our own errors say more: whoever gives up reading a body leaves it unread too.
  const known =
    error instanceof PolysemeError ? error : (brokenOff(request) ?? fromFramework(error) ?? asPolysemeError(error));
  if (known.code === "internal") request.log.error({ err: known.cause ?? known }, "request failed");
  // What the caller still sends is not waited for.
  if (known.code === "too_slow") void reply.header("connection", "close");
  if (known.retry === "wait") {
    const seconds = known.details?.["retryAfterSeconds"];
    void reply.header(
      "retry-after",
      typeof seconds === "number" ? Math.max(1, Math.ceil(seconds)) : DEFAULT_RETRY_AFTER_SECONDS,
    );
  }
  return reply.status(known.status).send(inDialect(known, request.routeOptions.config.errors));
}

/** A caller who left while sending: no fault of ours to log, and nobody to answer. */
function brokenOff({ raw }: FastifyRequest): PolysemeError | undefined {
  if (!raw.destroyed || raw.complete) return undefined;
  return new PolysemeError("invalid", "The request broke off before its end.", { details: { field: "body" } });
}

/** Errors that fastify makes before a handler runs, in our words. */
function fromFramework(error: unknown): PolysemeError | undefined {
  if (!isFastifyError(error)) return undefined;
  if (error.validation !== undefined) {
    const [first] = error.validation;
    const params = first?.params ?? {};
    const inner = params["missingProperty"] ?? params["additionalProperty"];
    const path = (first?.instancePath ?? "").split("/").filter((part) => part !== "");
    const whole =
      [...path, ...(typeof inner === "string" ? [inner] : [])].join(".") || (error.validationContext ?? "body");
    const field = whole.slice(0, FIELD_CHARACTERS).toWellFormed();
    const message =
      typeof params["additionalProperty"] === "string"
        ? "is not a field of this request"
        : typeof params["missingProperty"] === "string"
          ? "is missing"
          : (first?.message ?? "is not valid");
    return new PolysemeError("invalid", `${field} ${message}.`, { details: { field } });
  }
  switch (error.code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new PolysemeError(
        "too_large",
        "The request body is too large. Push in smaller parts, or stream application/x-ndjson.",
        {
          details: { field: "body" },
        },
      );
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_TYPE":
      return new PolysemeError(
        "unsupported_media_type",
        "Send application/json, or application/x-ndjson where a route says so.",
        {
          details: { field: "content-type" },
        },
      );
    case "FST_ERR_BAD_URL":
    case "FST_ERR_MAX_PARAM_LENGTH":
      return new PolysemeError("invalid", "The path cannot be read, or a part of it is too long.", {
        details: { field: "path" },
      });
    default:
      break;
  }
  if (
    error instanceof SyntaxError ||
    (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500)
  )
    return new PolysemeError(
      "invalid",
      `The request cannot be read: ${error.message.slice(0, REASON_CHARACTERS).toWellFormed()}`,
      {
        details: { field: "body" },
      },
    );
  return undefined;
}

function isFastifyError(error: unknown): error is FastifyError {
  return (
    error instanceof Error &&
    !(error instanceof PolysemeError) &&
    ("code" in error || "validation" in error || "statusCode" in error)
  );
}
