/**
 * One tab that looks: what it has been shown, and what of a drawing is new to it. Whoever is too slow misses steps, never where they lead: what is
 * sent next is made of how things are then.
 */
import type { EventStream, Rights } from "../visit.ts";
import { type Drawing, isFor, tiersOf } from "./drawing.ts";
import { newsOf, placesOf, type Shown, shownOf } from "./shown.ts";

export type Viewer = ReturnType<typeof makeViewer>;

/** Above that, in bytes, nothing more is sent before what waits is on its way. */
const MOST_PENDING = 256 * 1024;

export function makeViewer(stream: EventStream, rights: Rights) {
  let shown: Shown | undefined;

  /** Rights are asked for anew. False: this viewer may not see this any more, or it is not there. */
  async function show(drawing: Drawing | undefined, now: number): Promise<boolean> {
    if (!drawing || !(await isFor(rights, drawing))) return false;
    const tiers = await tiersOf(rights, placesOf(drawing));
    // What is new to them stays new until it is sent.
    if (stream.pending() > MOST_PENDING) return true;
    const next = shownOf(drawing, tiers, now);
    shown = stream.send({ event: "news", data: newsOf(next, shown) }) ? next : undefined;
    return true;
  }

  return { show };
}
