import openapiTS, { astToString } from "openapi-typescript";
import { format } from "prettier";
import { withoutErrors, type OpenApi } from "./openapi.ts";

const HEAD = `// Made by npm run client:types from the server's /openapi.json. Not to be edited.
/* eslint-disable */
`;

/** The TypeScript types of every route, as the source of a module. */
export async function typescriptTypes(document: OpenApi): Promise<string> {
  const nodes = await openapiTS(withoutErrors(document) as unknown as Parameters<typeof openapiTS>[0], {
    immutable: true,
  });
  return format(HEAD + astToString(nodes), { parser: "typescript", printWidth: 120 });
}
