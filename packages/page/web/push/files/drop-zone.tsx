import { useEffect, useRef, useState } from "preact/hooks";
import { READABLE } from "./file-kind.ts";

interface Props {
  /** Whether files that fall anywhere on the page are meant for it. */
  readonly active: boolean;
  readonly onFiles: (files: readonly File[]) => void;
}

/** A place to drop files, and a button that chooses them. */
export function DropZone({ active, onFiles }: Props) {
  const [isOver, setIsOver] = useState(false);
  const chooser = useRef<HTMLInputElement>(null);
  const take = useRef(onFiles);
  take.current = onFiles;
  // Whatever misses the zone would be opened by the browser in the page's place.
  useEffect(() => {
    if (!active) return undefined;
    const over = (event: DragEvent): void => {
      event.preventDefault();
      setIsOver(true);
    };
    const leave = (event: DragEvent): void => {
      if (event.relatedTarget === null) setIsOver(false);
    };
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setIsOver(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      if (files.length > 0) take.current(files);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, [active]);
  return (
    <div class={isOver ? "drop over" : "drop"}>
      <p class="drop-title">Drop files here</p>
      <button
        type="button"
        class="primary"
        onClick={() => {
          chooser.current?.click();
        }}
      >
        Choose files
      </button>
      <p class="note">
        .txt, .md, .html: a document each; .jsonl, .csv, .json: a document a line, row or entry. For folders, PDF, Word
        and Parquet: <code>polyseme ingest</code>.
      </p>
      <input
        ref={chooser}
        hidden
        type="file"
        multiple
        accept={READABLE}
        aria-label="Files to push"
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])];
          event.currentTarget.value = "";
          if (files.length > 0) onFiles(files);
        }}
      />
    </div>
  );
}
