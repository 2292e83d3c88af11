import MiniSearch from "minisearch";
import { SEARCH_OPTIONS } from "./terms.ts";

const MOST_SHOWN = 12;
const root = document.body.dataset["root"] ?? ".";
const query = document.querySelector<HTMLInputElement>("#query");
const found = document.querySelector<HTMLElement>("#found");

let index: Promise<MiniSearch> | undefined;

/** Fetched when somebody begins to search, once. */
function openIndex(): Promise<MiniSearch> {
  index ??= fetch(`${root}/search.json`)
    .then((response) => response.text())
    .then((json) => MiniSearch.loadJSON(json, SEARCH_OPTIONS));
  return index;
}

async function search(text: string): Promise<void> {
  if (found === null) return;
  if (text.trim() === "") {
    found.hidden = true;
    return;
  }
  const hits = (await openIndex()).search(text).slice(0, MOST_SHOWN);
  if (query?.value !== text) return;
  const list = document.createElement("ul");
  for (const { id, page, heading } of hits) {
    const link = document.createElement("a");
    link.href = `${root}/${String(id)}`;
    link.textContent = page === heading ? String(page) : `${String(page)}: ${String(heading)}`;
    const item = document.createElement("li");
    item.append(link);
    list.append(item);
  }
  found.replaceChildren(hits.length === 0 ? "Nothing found." : list);
  found.hidden = false;
}

query?.addEventListener("input", () => {
  search(query.value).catch(() => {
    index = undefined;
    found?.replaceChildren("The search cannot be loaded.");
  });
});
addEventListener("keydown", ({ key }) => {
  if (key !== "Escape" || query === null || found === null) return;
  query.value = "";
  found.hidden = true;
});
