import { useEffect, useRef, useState } from "preact/hooks";
import type { Server } from "../../server.ts";
import { isOver, NOT_BEGUN, type FileProgress } from "./progress.ts";
import { pushFile } from "./push-file.ts";
import { makeSlots } from "./slots.ts";

export interface Upload {
  readonly number: number;
  readonly name: string;
  readonly size: number;
  readonly collection: string;
  readonly progress: FileProgress;
}

export interface Uploads {
  readonly all: readonly Upload[];
  add(this: void, collection: string, files: readonly File[]): void;
  /** Sends no more; what the server has stays there. */
  stop(this: void): void;
  /** Forgets those that are over. */
  clear(this: void): void;
}

const SENDING_AT_ONCE = 2;
const WATCHED_AT_ONCE = 3;

/** Files on their way, some at once, the others waiting. */
export function useUploads(server: Server, onDone: () => void): Uploads {
  const [all, setAll] = useState<readonly Upload[]>([]);
  const number = useRef(0);
  const slots = useRef({ sending: makeSlots(SENDING_AT_ONCE), watching: makeSlots(WATCHED_AT_ONCE) });
  const stopping = useRef(new AbortController());
  useEffect(() => () => stopping.current.abort(), []);
  const start = async (upload: Upload, file: File): Promise<void> => {
    await pushFile(upload.collection, file, {
      server,
      ...slots.current,
      signal: stopping.current.signal,
      onProgress: (progress) => {
        setAll((now) => now.map((one) => (one.number === upload.number ? { ...one, progress } : one)));
      },
    });
    onDone();
  };
  return {
    all,
    add(collection, files) {
      const added = files.map((file) => {
        number.current += 1;
        return { number: number.current, name: file.name, size: file.size, collection, progress: NOT_BEGUN };
      });
      setAll((now) => [...now, ...added]);
      added.forEach((upload, i) => {
        const file = files[i];
        if (file !== undefined) void start(upload, file);
      });
    },
    stop() {
      stopping.current.abort(new Error("stopped"));
      stopping.current = new AbortController();
    },
    clear() {
      setAll((now) => now.filter(({ progress }) => !isOver(progress)));
    },
  };
}
