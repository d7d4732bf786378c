/**
 * Tells that something was written to a file. The kernel says so (inotify); it has a limited number of watches per user,
 * which an agent of the same user can use up, and then the file is looked at several times a second instead.
 */
import { type FSWatcher, watch } from "node:fs";

const LOOK_MS = 250;
const USED_UP = ["EMFILE", "ENOSPC"];

/** The file exists. `onChange` may be called without any change. */
export function watchFile(path: string, onChange: () => void): { close(): void } {
  let timer: NodeJS.Timeout | undefined;
  const lookOften = () => {
    timer ??= setInterval(onChange, LOOK_MS);
  };
  const watcher = kernelsWatch(path, onChange);
  if (watcher) watcher.on("error", lookOften);
  else lookOften();
  return {
    close() {
      watcher?.close();
      clearInterval(timer);
    },
  };
}

function kernelsWatch(path: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(path, onChange);
  } catch (error) {
    if (USED_UP.includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
