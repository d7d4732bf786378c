/**
 * What of a page may change while somebody looks: lists of rows, and blocks. It is drawn once for everybody; what of it a viewer sees, their rights
 * decide, asked anew each time. Pure but for that.
 */
import type { Html } from "../html.ts";
import type { Place, Rights } from "../visit.ts";

/** `read`: what GitHub itself shows. `write`: everything. */
export type Tier = "read" | "write";

/** Something that is shown to whoever may read its place; without a place to operators only. */
export type Item = {
  /** Names it on the page: the id of its element is `row-<key>`. */
  key: string;
  place?: Place;
  html: (tier: Tier) => Html;
};

/** Rows, in their order, within the element of this id. */
export type Region = {
  id: string;
  items: readonly Item[];
  /** So many rows are shown at most. */
  most: number;
};

/** One element as a whole, of this id. `sees`: what of it depends on what else a viewer sees. */
export type Block = { id: string; html: (seen: Seen) => Html };

export type Drawing = {
  regions: readonly Region[];
  blocks: readonly Block[];
  /** Whoever may not read this sees nothing. */
  place?: Place;
  /** Places besides those of rows on which blocks depend. */
  places?: readonly Place[];
};

export type SeenItem = { key: string; tier: Tier; html: Html };
export type SeenRegion = { id: string; rows: SeenItem[] /** Also those beyond what is shown. */; total: number };
export type Seen = {
  isOperator: boolean;
  regions: SeenRegion[];
  /** What may be shown of a place; of those that the drawing names. */
  tierOf: (place: Place) => Tier | undefined;
};

export const placeKey = ({ installationId, repository }: Place): string => `${installationId}/${repository.id}`;

/** Undefined: not even that it is there. */
export async function tierOf(rights: Rights, place: Place): Promise<Tier | undefined> {
  if (rights.isOperator) return "write";
  if (await rights.mayWrite(place)) return "write";
  return (await rights.mayRead(place)) ? "read" : undefined;
}

/** Each place is asked for once. `places`: others that blocks depend on. */
export async function seenBy(rights: Rights, regions: readonly Region[], places: readonly Place[] = []): Promise<Seen> {
  const wanted = new Map<string, Place>();
  if (!rights.isOperator) {
    for (const { items } of regions) for (const { place } of items) if (place) wanted.set(placeKey(place), place);
    for (const place of places) wanted.set(placeKey(place), place);
  }
  const asked = await Promise.all([...wanted].map(async ([key, place]) => [key, await tierOf(rights, place)] as const));
  const tiers = new Map(asked);
  const known = (place: Place): Tier | undefined => (rights.isOperator ? "write" : tiers.get(placeKey(place)));
  return {
    isOperator: rights.isOperator,
    regions: regions.map((region) => seenRegion(region, rights, known)),
    tierOf: known,
  };
}

function seenRegion(
  { id, items, most }: Region,
  { isOperator }: Rights,
  known: (place: Place) => Tier | undefined,
): SeenRegion {
  const visible = items.flatMap((item) => {
    const tier = item.place ? known(item.place) : isOperator ? ("write" as const) : undefined;
    return tier ? [{ item, tier }] : [];
  });
  const rows = visible.slice(0, most).map(({ item, tier }) => ({ key: item.key, tier, html: item.html(tier) }));
  return { id, rows, total: visible.length };
}
