/**
 * What viewers are shown of a drawing, and what of it is new to whoever was shown an earlier one: made once for all who may see the same and were shown
 * the same before. So a hundred tabs cost little more than one, and each holds nothing of its own.
 */
import { type Drawing, placesIn, type SeenRegion, seenWith, type Tiers } from "./drawing.ts";

type News = { at: number; regions?: RegionNews[]; blocks?: { id: string; html: string }[] };
/** `rows`: those that are new or different. */
type RegionNews = { id: string; total: number; order: string[]; rows: Record<string, string> };

type ShownRegion = { order: readonly string[]; total: number; rows: ReadonlyMap<string, string> };
/** `lasting`: without what a page makes of times by itself, which is no news. */
type ShownBlock = { html: string; lasting: string };

export type Shown = {
  at: number;
  regions: ReadonlyMap<string, ShownRegion>;
  blocks: ReadonlyMap<string, ShownBlock>;
  /** What was made of it: for whoever was shown nothing yet, and by what they were shown, which may go when they do not need it any more. */
  first?: string;
  later: WeakMap<Shown, string>;
};

const made = new WeakMap<Drawing, Map<string, Shown>>();
const places = new WeakMap<Drawing, ReturnType<typeof placesIn>>();

/** All of which a viewer's rights have to be known. */
export function placesOf(drawing: Drawing): ReturnType<typeof placesIn> {
  const known = places.get(drawing);
  if (known) return known;
  const all = placesIn(drawing.regions, [...(drawing.places ?? []), ...(drawing.place ? [drawing.place] : [])]);
  places.set(drawing, all);
  return all;
}

/** `at`: how late it is. */
export function shownOf(drawing: Drawing, tiers: Tiers, at: number): Shown {
  const all = made.get(drawing) ?? new Map<string, Shown>();
  made.set(drawing, all);
  const known = all.get(tiers.name);
  if (known) return known;
  const seen = seenWith(tiers, drawing.regions);
  const shown: Shown = {
    at,
    regions: new Map(seen.regions.map((region) => [region.id, shownRegion(region)])),
    blocks: new Map(drawing.blocks.map((block) => [block.id, shownBlock(block.html(seen).text)])),
    later: new WeakMap(),
  };
  all.set(tiers.name, shown);
  return shown;
}

const shownRegion = ({ rows, total }: SeenRegion): ShownRegion => ({
  order: rows.map(({ key }) => key),
  total,
  rows: new Map(rows.map(({ key, html }) => [key, html.text])),
});

const shownBlock = (html: string): ShownBlock => ({ html, lasting: html.replace(/(<time [^>]*>)[^<]*/g, "$1") });

/** As it is sent. `before`: what they were shown last. */
export function newsOf(shown: Shown, before: Shown | undefined): string {
  const known = before ? shown.later.get(before) : shown.first;
  if (known !== undefined) return known;
  const news = JSON.stringify(between(before, shown));
  if (before) shown.later.set(before, news);
  else shown.first = news;
  return news;
}

function between(before: Shown | undefined, { at, regions, blocks }: Shown): News {
  const changedRegions = [...regions].flatMap(([id, region]) => regionNews(id, region, before?.regions.get(id)) ?? []);
  const changedBlocks = [...blocks]
    .filter(([id, { lasting }]) => before?.blocks.get(id)?.lasting !== lasting)
    .map(([id, { html }]) => ({ id, html }));
  return {
    at,
    ...(changedRegions.length > 0 && { regions: changedRegions }),
    ...(changedBlocks.length > 0 && { blocks: changedBlocks }),
  };
}

function regionNews(id: string, now: ShownRegion, was: ShownRegion | undefined): RegionNews | undefined {
  const fresh = [...now.rows].filter(([key, html]) => was?.rows.get(key) !== html);
  const isSame = was?.total === now.total && was.order.join(" ") === now.order.join(" ");
  if (isSame && fresh.length === 0) return undefined;
  return { id, total: now.total, order: [...now.order], rows: Object.fromEntries(fresh) };
}
