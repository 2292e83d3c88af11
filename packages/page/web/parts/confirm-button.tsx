import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import { Fault } from "./notes.tsx";
import { useTask } from "./use-task.ts";

interface Props {
  /** On the button that asks, and on the one that does it. */
  readonly label: string;
  readonly title: string;
  /** What will happen. */
  readonly children: ComponentChildren;
  /** What has to be typed first; undefined: nothing. */
  readonly typed?: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly onConfirm: (signal: AbortSignal) => Promise<unknown>;
}

/** A button that asks before it acts. The dialog is the browser's own: it holds the focus and gives it back. */
export function ConfirmButton({ label, title, children, typed, danger = false, disabled = false, onConfirm }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useId();
  const [text, setText] = useState("");
  const task = useTask(async (signal: AbortSignal) => {
    await onConfirm(signal);
    dialog.current?.close();
  });
  const look = danger ? "danger" : "";
  return (
    <>
      <button
        type="button"
        class={look}
        disabled={disabled}
        onClick={() => {
          setText("");
          task.reset();
          dialog.current?.showModal();
        }}
      >
        {label}
      </button>
      <dialog ref={dialog} aria-labelledby={heading}>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            if (typed === undefined || text === typed) task.run();
          }}
        >
          <h3 id={heading}>{title}</h3>
          <div class="dialog-text">{children}</div>
          {typed !== undefined && (
            <label class="field">
              <span>
                Type <b>{typed}</b> to confirm
              </span>
              <input
                name="typed"
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                value={text}
                onInput={(event) => {
                  setText(event.currentTarget.value);
                }}
              />
            </label>
          )}
          <Fault error={task.error} />
          <div class="buttons end">
            <button
              type="button"
              onClick={() => {
                dialog.current?.close();
              }}
            >
              Cancel
            </button>
            <button
              type="submit"
              class={look}
              disabled={task.busy || (typed !== undefined && text !== typed)}
              aria-busy={task.busy}
            >
              {label}
            </button>
          </div>
        </form>
      </dialog>
    </>
  );
}
