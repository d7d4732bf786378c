/** The last look before anything is published: may the agent's change, taken as a whole, go out, and how large is it? */
import { type DiffStat, diffStat, readChanges, type Span } from "./changes.ts";
import { reasonAgainst } from "./rules.ts";

export type Gate = { ok: true; stat: DiffStat } | { ok: false; reason: string };

/** `reason` is a sentence for the person who asked. */
export async function gate(span: Span): Promise<Gate> {
  const reason = await reasonAgainst(span.quarantine, await readChanges(span), span.secrets);
  return reason === undefined ? { ok: true, stat: await diffStat(span) } : { ok: false, reason };
}
