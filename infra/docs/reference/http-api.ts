import {
  describeApi,
  type ApiDocument,
  type BodyDescription,
  type FieldRow,
  type RouteDescription,
} from "@polyseme/api";
import { code, plain } from "./markdown-text.ts";

/** Every route, from the description that the server gives of itself. */
export function httpApiReference(document: ApiDocument): string {
  const sections = describeApi(document).groups.map(
    ({ name, operations }) => `## ${sentence(name)}\n\n${operations.map(describeRoute).join("\n")}`,
  );
  return `# HTTP API

Made from the \`/openapi.json\` that \`polyseme serve all\` answers with. A running server shows the same at \`/docs\`. JSON unless
another type is said. Keys: [Who may do what](../../SECURITY.md). Every error is \`{"error": {"code", "message", "details"?}}\` with
one of the [error codes](errors.md), and may come from any route: 400, 404, 409, 413, 415 and 422 for what was asked, 401 and
403 for the key, 429 and 503 with \`Retry-After\` where it is known.

${sections.join("\n")}`;
}

function describeRoute(route: RouteDescription): string {
  const { title, summary, description, needs, operationId, parameters, bodies, answers } = route;
  const blocks = [
    `### ${title}`,
    `${plain(summary)}.${description === "" ? "" : ` ${plain(description)}${/[.!?]$/.test(description) ? "" : "."}`}`,
    `Needs: ${whom(needs)}.${operationId === undefined ? "" : ` Operation: ${code(operationId)}.`}`,
    ...(parameters.length === 0 ? [] : ["Parameters:", list(parameters.map((one) => [one, ` in the ${one.in}`]))]),
    ...bodies.flatMap((body) => describeBody("Body", body)),
    ...answers.flatMap((answer) => describeBody(`Answer ${answer.status}`, answer)),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function whom(needs: string): string {
  if (needs === "nobody") return "no key";
  return needs === "metrics" ? "any key, or the one for metrics" : `the role ${needs}`;
}

function describeBody(what: string, { contentType, type, meaning, fields }: BodyDescription): string[] {
  if (contentType === undefined) return [`${what}${meaning === "" ? "" : `: ${plain(meaning)}`}`];
  const told = meaning === "" ? "" : ` ${plain(meaning)}`;
  const head = `${what}, ${code(contentType)}: ${plain(type)}.${told}`;
  return fields.length === 0 ? [head] : [head, list(fields.map((field) => [field, ""]))];
}

function list(rows: readonly (readonly [FieldRow, string])[]): string {
  return rows
    .map(([{ name, type, isRequired, meaning }, place]) => {
      const told = meaning === "" ? "" : ` ${plain(meaning)}`;
      return `- ${code(name)}${place}: ${plain(type)}${isRequired ? ", required" : ""}.${told}`;
    })
    .join("\n");
}

function sentence(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
