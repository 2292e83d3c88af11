import type { ApiDescription, BodyDescription, RouteDescription } from "./describe-api.ts";
import type { FieldRow } from "./schema-rows.ts";

/** The whole API as one page of HTML without scripts; its style is the file `docs/style.css`. */
export function renderReference({ title, version, groups }: ApiDescription): string {
  const contents = groups.map(
    ({ name, operations }) =>
      `<h2>${escaped(name)}</h2><ul>${operations
        .map(({ anchor, title: route }) => `<li><a href="#${anchor}">${escaped(route)}</a></li>`)
        .join("")}</ul>`,
  );
  const sections = groups.map(
    ({ name, operations }) =>
      `<section aria-label="${escaped(name)}"><h2>${escaped(name)}</h2>${operations.map(renderRoute).join("")}</section>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API of ${escaped(title)} ${escaped(version)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/style.css">
</head>
<body>
<header><h1>API of ${escaped(title)} <small>${escaped(version)}</small></h1>
<p>Every error is <code>{"error":{"code","message","details"?}}</code>. The same for programs: <a href="openapi.json">openapi.json</a>.</p></header>
<nav aria-label="Routes">${contents.join("")}</nav>
<main>${sections.join("")}</main>
</body>
</html>
`;
}

function renderRoute(route: RouteDescription): string {
  const { title, anchor, summary, description, needs, parameters, bodies, answers } = route;
  return [
    `<article id="${anchor}"><h3><code>${escaped(title)}</code></h3>`,
    `<p>${escaped(summary)}</p>`,
    description === "" ? "" : `<p>${escaped(description)}</p>`,
    `<p class="needs">${whom(needs)}</p>`,
    parameters.length === 0
      ? ""
      : `<h4>Parameters</h4>${renderRows(parameters.map((row) => ({ ...row, name: `${row.name} (${row.in})` })))}`,
    ...bodies.map((body) => renderBody("Body", body)),
    ...answers.map((answer) => renderBody(`Answer ${answer.status}`, answer)),
    "</article>",
  ].join("");
}

function whom(needs: string): string {
  if (needs === "nobody") return "Open to everybody.";
  return needs === "metrics"
    ? "Needs a key of any role, or the one for metrics."
    : `Needs a key with the role ${escaped(needs)}, where keys are in use.`;
}

function renderBody(title: string, { contentType, type, meaning, fields }: BodyDescription): string {
  const head = `<h4>${escaped(title)}</h4>`;
  if (contentType === undefined)
    return `${head}<p>${escaped(meaning === "" ? "No content is described." : meaning)}</p>`;
  const kind = `<p><code>${escaped(contentType)}</code>${type === "" ? "" : `, ${escaped(type)}`}${meaning === "" ? "" : `. ${escaped(meaning)}`}</p>`;
  return head + kind + (fields.length === 0 ? "" : renderRows(fields));
}

/** Wide tables are scrolled by themselves, also with the keyboard. */
function renderRows(rows: readonly FieldRow[]): string {
  const lines = rows.map(
    ({ name, type, isRequired, meaning }) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${escaped(type)}</td><td>${isRequired ? "yes" : ""}</td><td>${escaped(meaning)}</td></tr>`,
  );
  return (
    '<div class="table" tabindex="0" role="group" aria-label="Fields"><table><thead><tr><th scope="col">name</th><th scope="col">type</th>' +
    `<th scope="col">required</th><th scope="col">meaning</th></tr></thead><tbody>${lines.join("")}</tbody></table></div>`
  );
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}
