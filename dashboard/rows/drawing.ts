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
  /** Nobody else than operators sees anything. */
  operatorsOnly?: true;
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

/** Whether there is anything of it for whoever has these rights. */
export async function isFor(rights: Rights, { operatorsOnly, place }: Drawing): Promise<boolean> {
  if (operatorsOnly && !rights.isOperator) return false;
  return place === undefined || (await tierOf(rights, place)) !== undefined;
}

/** What a viewer may see of each place that was asked for. `name`: the same for all who may see the same of it. */
export type Tiers = { name: string; isOperator: boolean; of: (place: Place) => Tier | undefined };

const OPERATORS: Tiers = { name: "operator", isOperator: true, of: () => "write" };

/** Each place is asked for once. */
export async function tiersOf(rights: Rights, places: readonly Place[]): Promise<Tiers> {
  if (rights.isOperator) return OPERATORS;
  const wanted = new Map(places.map((place) => [placeKey(place), place]));
  const asked = await Promise.all([...wanted].map(async ([key, place]) => [key, await tierOf(rights, place)] as const));
  const known = new Map(asked);
  return { name: JSON.stringify(asked), isOperator: false, of: (place) => known.get(placeKey(place)) };
}

/** All on which it depends what somebody sees of a drawing. `places`: others that blocks depend on. */
export const placesIn = (regions: readonly Region[], places: readonly Place[] = []): Place[] => [
  ...regions.flatMap(({ items }) => items.flatMap(({ place }) => place ?? [])),
  ...places,
];

export async function seenBy(rights: Rights, regions: readonly Region[], places: readonly Place[] = []): Promise<Seen> {
  return seenWith(await tiersOf(rights, rights.isOperator ? [] : placesIn(regions, places)), regions);
}

/** What a viewer sees of blocks, by their ids; of a page that is loaded. */
export async function blocksFor(
  rights: Rights,
  { blocks, places = [] }: Pick<Drawing, "blocks" | "places">,
): Promise<Map<string, Html>> {
  const seen = await seenBy(rights, [], places);
  return new Map(blocks.map((block) => [block.id, block.html(seen)]));
}

export const seenWith = (tiers: Tiers, regions: readonly Region[]): Seen => ({
  isOperator: tiers.isOperator,
  regions: regions.map((region) => seenRegion(region, tiers)),
  tierOf: tiers.of,
});

function seenRegion({ id, items, most }: Region, { isOperator, of }: Tiers): SeenRegion {
  const visible = items.flatMap((item) => {
    const tier = item.place ? of(item.place) : isOperator ? ("write" as const) : undefined;
    return tier ? [{ item, tier }] : [];
  });
  const rows = visible.slice(0, most).map(({ item, tier }) => ({ key: item.key, tier, html: item.html(tier) }));
  return { id, rows, total: visible.length };
}
