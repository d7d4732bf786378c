/**
 * What goes wrong in the proxy, for its log. An agent may cause it as often as it likes, and the disk may be full: so only
 * the first of it is written, and whether that can be written makes no difference.
 */

import { writeSync } from "node:fs";
import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

const STDERR = 2;
/** Characters, in one life of the proxy. */
const MAX_WRITTEN = 200_000;
let written = 0;

export function complain(error: unknown): void {
  if (written > MAX_WRITTEN) return;
  const text = `${error instanceof Error ? error.stack : String(error)}\n`;
  written += text.length;
  try {
    // Not by `process.stderr`: that tells later of what went wrong, to nobody, which ends the process.
    writeSync(STDERR, text);
  } catch {
    // Nowhere to say it.
  }
}

/** One connection that cannot be served ends; those of all other sandboxes go on. */
export const endingWith = (stream: Duplex | ServerResponse) => (error: unknown) => {
  complain(error);
  stream.destroy();
};
