/** The style of the API's page: its own file, since the page's policy allows none inside of it. */
export const REFERENCE_STYLE = `:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --raised: #ffffff; --ink: #1d1f24; --soft: #565b66; --line: #cfccc3; --accent: #1f4f99; --focus: #b3400e;
  font: 1rem/1.5 system-ui, sans-serif;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #14161a; --raised: #1d2026; --ink: #eceae4; --soft: #aeb2bb; --line: #434852; --accent: #8db7f7; --focus: #ffb38a; }
}
*, *::before, *::after { box-sizing: border-box; }
body { margin: 0; padding: 1rem; background: var(--paper); color: var(--ink); }
header, main { max-width: 60rem; }
h1 { font-size: 1.5rem; }
h1 small, .needs { color: var(--soft); }
h2 { margin-top: 2rem; font-size: 1.25rem; }
h4 { margin: 1rem 0 0.25rem; }
a { color: var(--accent); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
code { overflow-wrap: anywhere; }
nav ul { margin: 0; padding: 0; list-style: none; }
nav h2 { margin: 1rem 0 0; font-size: 1rem; }
nav a { overflow-wrap: anywhere; }
article { margin: 1rem 0; padding: 0.25rem 1rem 1rem; border: 1px solid var(--line); border-radius: 0.5rem; background: var(--raised); }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 0.25rem 0.75rem 0.25rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td:last-child { min-width: 14rem; }
@media (min-width: 70rem) {
  body { display: grid; grid-template-columns: 22rem 1fr; gap: 0 2rem; }
  header { grid-column: 1 / -1; }
  nav { position: sticky; top: 0; max-height: 100vh; overflow-y: auto; font-size: 0.85rem; }
}
`;
