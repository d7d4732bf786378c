/**
 * Tells when a growing file has become too large, within a fraction of a second and without reading it. Between
 * two looks lies a pause, because a flood is a million writes.
 */
import { closeSync, openSync, statSync } from "node:fs";
import { watchFile } from "./watch-file.ts";

const PAUSE_MS = 200;

/** Resolves once the file holds more than `maxBytes`; never after `signal`. The file is made when it does not exist yet. */
export function watchSize(path: string, maxBytes: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  closeSync(openSync(path, "a", 0o600));
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    timer = undefined;
    if (tooLarge(path, maxBytes)) resolve();
  };
  const watcher = watchFile(path, () => {
    timer ??= setTimeout(look, PAUSE_MS);
  });
  signal.addEventListener("abort", () => {
    watcher.close();
    clearTimeout(timer);
  });
  look();
  return promise;
}

export const tooLarge = (path: string, maxBytes: number): boolean =>
  (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > maxBytes;
