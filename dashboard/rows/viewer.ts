/**
 * One tab that looks: what it has been shown, and what of a drawing is new to it. Whoever is too slow misses steps, never where they lead: what is
 * sent next is made of how things are then.
 */
import type { EventStream, Rights } from "../visit.ts";
import { type Block, type Drawing, type Seen, type SeenRegion, seenBy } from "./drawing.ts";

export type Viewer = ReturnType<typeof makeViewer>;

/** Above that, in bytes, nothing more is sent before what waits is on its way. */
const MOST_PENDING = 256 * 1024;

type News = { at: number; regions?: RegionNews[]; blocks?: { id: string; html: string }[] };
/** `rows`: those that are new or different. */
type RegionNews = { id: string; total: number; order: string[]; rows: Record<string, string> };

export function makeViewer(stream: EventStream, rights: Rights) {
  let shownRows = new Map<string, { order: string; total: number; rows: ReadonlyMap<string, string> }>();
  let shownBlocks = new Map<string, string>();

  /** Rights are asked for anew. False: this viewer may not see this any more, or it is not there. */
  async function show(drawing: Drawing | undefined, now: number): Promise<boolean> {
    if (!drawing) return false;
    const places = [...(drawing.places ?? []), ...(drawing.place ? [drawing.place] : [])];
    const seen = await seenBy(rights, drawing.regions, places);
    if (drawing.place && !seen.tierOf(drawing.place)) return false;
    // What is new to them stays new until it is sent.
    if (stream.pending() > MOST_PENDING) return true;
    const regions = seen.regions.flatMap((region) => regionNews(region) ?? []);
    const blocks = drawing.blocks.flatMap((block) => blockNews(block, seen) ?? []);
    const news: News = { at: now, ...(regions.length > 0 && { regions }), ...(blocks.length > 0 && { blocks }) };
    if (!stream.send({ event: "news", data: JSON.stringify(news) })) forget();
    return true;
  }

  function regionNews({ id, rows, total }: SeenRegion): RegionNews | undefined {
    const was = shownRows.get(id);
    const order = rows.map(({ key }) => key);
    const fresh = rows.filter(({ key, html }) => was?.rows.get(key) !== html.text);
    const inOrder = order.join(" ");
    if (was && fresh.length === 0 && was.order === inOrder && was.total === total) return undefined;
    shownRows.set(id, { order: inOrder, total, rows: new Map(rows.map(({ key, html }) => [key, html.text])) });
    return { id, total, order, rows: Object.fromEntries(fresh.map(({ key, html }) => [key, html.text])) };
  }

  function blockNews({ id, html }: Block, seen: Seen): { id: string; html: string } | undefined {
    const { text } = html(seen);
    const lasting = withoutAges(text);
    if (shownBlocks.get(id) === lasting) return undefined;
    shownBlocks.set(id, lasting);
    return { id, html: text };
  }

  function forget(): void {
    shownRows = new Map();
    shownBlocks = new Map();
  }

  return { show };
}

/** What a page makes of times by itself is no news. */
const withoutAges = (text: string): string => text.replace(/(<time [^>]*>)[^<]*/g, "$1");
