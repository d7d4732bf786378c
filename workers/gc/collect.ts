/**
 * Removes what is left over, piece by piece, and looks afterwards whether it is gone. Whether a piece may go is asked right before: what has come
 * to be needed meanwhile stays. One that cannot be removed is told of, and keeps nobody from the others.
 */
import { LEFTOVER_KINDS, type Leftover, type LeftoverKind } from "./leftover.ts";

/** `kept`: no record says that it may go. */
export type Fate = "removed" | "found" | "kept" | "failed";
/** Of these everything is looked at: what stays is at work, and left over by nobody. */
const LOOKED_AT: ReadonlySet<LeftoverKind> = new Set([
  "session",
  "process",
  "group",
  "plan",
  "socket",
  "beat",
  "offer",
]);

export type Collected = { kind: LeftoverKind; name: string; fate: Fate; error?: string };

/** `dryRun`: nothing is removed; what would be is `found`. */
export async function collect(leftovers: readonly Leftover[], { dryRun }: { dryRun: boolean }): Promise<Collected[]> {
  const inOrder = leftovers.toSorted(
    (one, other) =>
      LEFTOVER_KINDS.indexOf(one.kind) - LEFTOVER_KINDS.indexOf(other.kind) || (one.name < other.name ? -1 : 1),
  );
  const collected: Collected[] = [];
  for (const leftover of inOrder) {
    const { kind, name } = leftover;
    try {
      const fate = await see(leftover, dryRun);
      if (fate !== "kept" || !LOOKED_AT.has(kind)) collected.push({ kind, name, fate });
    } catch (error) {
      collected.push({ kind, name, fate: "failed", error: error instanceof Error ? error.message : String(error) });
    }
  }
  return collected;
}

async function see({ mayGo, remove, isThere }: Leftover, dryRun: boolean): Promise<Fate> {
  if (!(await mayGo())) return "kept";
  if (dryRun) return "found";
  await remove();
  if (await isThere()) throw new Error("it is still there");
  return "removed";
}
