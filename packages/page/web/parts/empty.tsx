import type { ComponentChildren } from "preact";

/** What stands where nothing is yet: what could be here, and how it gets here. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h3>{title}</h3>
      {children}
    </div>
  );
}
