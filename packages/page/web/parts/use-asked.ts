import { useEffect, useRef } from "preact/hooks";

type Values = Readonly<Record<string, string>>;

/**
 * Ties what a tab asks to the page's address: an address that is opened, or gone back to, is asked; what is asked by hand
 * goes into the address and is asked once.
 * @returns what a form calls
 */
export function useAsked<T extends Values>(
  { values, onValues }: { readonly values: Values; readonly onValues: (values: Values) => void },
  ask: (values: Partial<T>) => void,
): (values: T) => void {
  const last = useRef("");
  useEffect(() => {
    const text = textOf(values);
    if (text === "[]" || text === last.current) return;
    last.current = text;
    ask(values as Partial<T>);
  }, [values]);
  return (asked) => {
    last.current = textOf(asked);
    onValues(asked);
    ask(asked);
  };
}

/** As the address has them: without what is empty. */
function textOf(values: Values): string {
  return JSON.stringify(Object.entries(values).filter(([, value]) => value !== ""));
}
