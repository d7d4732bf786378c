/** What was drawn for one look at a page, for the next: a row is drawn once for each change of what is in it. Forgets what the last look did not ask for. */
import type { Html } from "../html.ts";

/** `made`: all that it depends on, in writing; asked for once in a look, however many viewers there are. */
export type Memory = (key: string, made: () => string, draw: () => Html) => Html;

/** For a page that is drawn once. */
export const drawAnew: Memory = (_key, _made, draw) => draw();

export function makeMemory() {
  let known = new Map<string, { made: string; html: Html }>();

  /** Rows are asked for when a viewer sees them, which may be after this look and before the next. */
  function nextLook(): Memory {
    const before = known;
    const now: typeof known = new Map();
    known = now;
    return (key, madeOf, draw) => {
      const shared = now.get(key);
      if (shared) return shared.html;
      const made = madeOf();
      const drawn = before.get(key);
      const kept = drawn?.made === made ? drawn : { made, html: draw() };
      now.set(key, kept);
      return kept.html;
    };
  }

  return { nextLook };
}
