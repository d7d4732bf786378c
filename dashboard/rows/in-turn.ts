/**
 * Shows one drawing after the other to one viewer. Where one takes long, because GitHub is slow to say what that viewer may see, of those that come
 * meanwhile only the last is shown, and nobody else waits for it.
 */
import type { Drawing } from "./drawing.ts";
import type { Viewer } from "./viewer.ts";

export type InTurn = (drawing: Drawing | undefined, at: number) => void;

/** `end`: the viewer may not see this any more. `failed`: what is tried again with the next drawing. */
export function inTurn(viewer: Viewer, { end, failed }: { end(): void; failed(error: unknown): void }): InTurn {
  let next: { drawing: Drawing | undefined; at: number } | undefined;
  let isShowing = false;

  async function showAll(): Promise<void> {
    while (next) {
      const { drawing, at } = next;
      next = undefined;
      if (!(await viewer.show(drawing, at))) return end();
    }
  }

  return (drawing, at) => {
    next = { drawing, at };
    if (isShowing) return;
    isShowing = true;
    showAll()
      .catch(failed)
      .finally(() => {
        isShowing = false;
      });
  };
}
