/** Ends what is left in a group's folders, and removes them: a process may still be about to die, and only an empty group goes. */
import { setTimeout as delay } from "node:timers/promises";
import { removed } from "./group.ts";

const WITHIN_MS = 5_000;

export async function removeGroup(folders: readonly string[], kill: () => void): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  for (let pause = 2; ; pause = Math.min(2 * pause, 100)) {
    const left = folders.filter((folder) => !removed(folder));
    if (left.length === 0) return;
    if (performance.now() > deadline) throw new Error(`the control group ${left[0]} does not become empty`);
    kill();
    await delay(pause);
  }
}
