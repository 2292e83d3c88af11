import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { nextIndex } from "./next-index.ts";

export interface Tab {
  readonly id: string;
  readonly label: string;
  /** Set apart from those before it. */
  readonly startsGroup?: boolean;
  readonly panel: ComponentChildren;
}

interface Props {
  readonly label: string;
  readonly tabs: readonly Tab[];
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
}

/**
 * Tabs as the ARIA practices have them: one stop of the tab key, arrows between. A panel is made when it is first chosen;
 * hidden ones keep what is in them.
 */
export function Tabs({ label, tabs, chosen, onChoose }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const [made, setMade] = useState<readonly string[]>([chosen]);
  if (!made.includes(chosen)) setMade([...made, chosen]);
  // On a narrow screen the list scrolls sideways, and the chosen one may be beyond its edge.
  useEffect(() => {
    const show = (): void => {
      const tab = list.current?.querySelector<HTMLElement>(`#tab-${chosen}`);
      if (list.current === null || tab == null) return;
      list.current.scrollLeft = tab.offsetLeft + tab.offsetWidth / 2 - list.current.clientWidth / 2;
    };
    show();
    addEventListener("resize", show);
    return () => {
      removeEventListener("resize", show);
    };
  }, [chosen]);
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = nextIndex(
      event.key,
      tabs.findIndex(({ id }) => id === chosen),
      tabs.length,
    );
    const tab = next === undefined ? undefined : tabs[next];
    if (tab === undefined) return;
    event.preventDefault();
    onChoose(tab.id);
    list.current?.querySelector<HTMLElement>(`#tab-${tab.id}`)?.focus();
  };
  return (
    <>
      <div class="tabs" role="tablist" aria-label={label} ref={list} onKeyDown={onKeyDown}>
        {tabs.map(({ id, label: name, startsGroup }) => (
          <button
            key={id}
            id={`tab-${id}`}
            class={startsGroup === true ? "starts-group" : ""}
            type="button"
            role="tab"
            aria-selected={id === chosen}
            aria-controls={`panel-${id}`}
            tabIndex={id === chosen ? 0 : -1}
            onClick={() => {
              onChoose(id);
            }}
          >
            {name}
          </button>
        ))}
      </div>
      {tabs.map(({ id, panel }) => (
        <section key={id} id={`panel-${id}`} role="tabpanel" aria-labelledby={`tab-${id}`} hidden={id !== chosen}>
          {(id === chosen || made.includes(id)) && panel}
        </section>
      ))}
    </>
  );
}
