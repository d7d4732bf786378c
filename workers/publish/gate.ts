/** The last look before anything is published: may the agent's change, taken as a whole, go out, and how large is it? */
import { type Change, type DiffStat, diffStat, readChanges } from "./changes.ts";
import { objectionToLfs } from "./lfs.ts";
import { type Ends, readLineage, treeBefore } from "./lineage.ts";
import type { Objection } from "./objection.ts";
import { type ChangeLimits, objectionsToFiles, objectionToLines } from "./rules.ts";

/** `secrets`: what no change may hold. */
export type Span = Ends & { limits: ChangeLimits; secrets?: readonly string[] };

/** `before`: what GitHub has of it already (see `treeBefore`). */
export type Gate =
  | { ok: true; stat: DiffStat; changes: readonly Change[]; before: string }
  | { ok: false; objections: Objection[] };

export async function gate(span: Span): Promise<Gate> {
  const { quarantine, base } = span;
  const { foreign } = await readLineage(span);
  return await gateSince(span, await treeBefore(quarantine, base, foreign));
}

/** For whoever knows what GitHub has of it already. */
export async function gateSince({ quarantine, tip, limits, secrets }: Span, before: string): Promise<Gate> {
  const difference = { quarantine, before, tip };
  const changes = await readChanges(difference);
  const objections = await objectionsToFiles(quarantine, changes, { limits, secrets });
  if (objections.length > 0 || changes === "too many") return { ok: false, objections };
  const lfs = await objectionToLfs(difference, changes);
  if (lfs) return { ok: false, objections: [lfs] };
  const stat = await diffStat(difference);
  const lines = objectionToLines(stat, limits);
  return lines ? { ok: false, objections: [lines] } : { ok: true, stat, changes, before };
}
