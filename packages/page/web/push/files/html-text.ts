/** Nothing in them is text of the page. */
const NEVER =
  "script,style,noscript,template,iframe,object,embed,svg,math,audio,video,canvas,button,select,textarea,input,dialog,[hidden]";
/** Around the content rather than of it. */
const AROUND = "nav,header,footer,aside";
const BLOCK =
  /^(address|article|blockquote|br|caption|dd|details|div|dl|dt|figcaption|figure|h[1-6]|hr|li|main|ol|p|pre|section|summary|table|tr|ul)$/;

/**
 * A page's title and its text, blocks on lines of their own: the main content where the page marks it, else all but
 * navigation, header, footer and asides. The document is read and never shown: none of its scripts run, nothing is loaded.
 */
export function htmlText(source: string): { readonly title: string | undefined; readonly text: string } {
  const parsed = new DOMParser().parseFromString(source, "text/html");
  const title = parsed.title.trim();
  for (const element of parsed.querySelectorAll(NEVER)) element.remove();
  const articles = parsed.querySelectorAll("article");
  const marked = parsed.querySelector("main,[role=main]") ?? (articles.length === 1 ? articles[0] : undefined);
  if (marked === undefined) for (const element of parsed.body.querySelectorAll(AROUND)) element.remove();
  const text = blocksOf(marked ?? parsed.body);
  return { title: title === "" ? undefined : title, text };
}

/** Walked node by node, without recursion: a page may be nested as deep as it is long. */
function blocksOf(root: Node): string {
  let text = "";
  const walker = root.ownerDocument?.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  let depthOfPre: Node | undefined;
  for (let node: Node | null | undefined = walker?.nextNode(); node != null; node = walker?.nextNode()) {
    if (depthOfPre !== undefined && !depthOfPre.contains(node)) depthOfPre = undefined;
    if (node instanceof Text) {
      const { data } = node;
      text += closesBlock(node) ? "\n" : "";
      text += depthOfPre === undefined ? data.replaceAll(/\s+/g, " ") : data;
    } else if (node instanceof Element) {
      if (BLOCK.test(node.localName)) text += "\n";
      if (node.localName === "pre") depthOfPre = node;
    }
  }
  return text
    .replaceAll(/[^\S\n]*\n[^\S\n]*/g, "\n")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();
}

/** Text that stands behind a block, as "b" in `<p>a</p>b`. */
function closesBlock({ previousSibling }: Text): boolean {
  return previousSibling instanceof Element && BLOCK.test(previousSibling.localName);
}
