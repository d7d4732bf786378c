/**
 * Where the boxes and arrows of a plan's graph stand: a column for each step, each node right of all that have to be merged before it. An arrow
 * that passes a column gets a place of its own there, so it crosses no box; one that others imply is left out. Pure, and the same for the
 * same plan: nothing jumps while a page is watched.
 */
import { ancestorsOf, depthsOf, type InGraph } from "../../src/task/plan-graph.ts";

export type Sizes = { width: number; height: number; gapX: number; gapY: number; margin: number };
export type Point = { x: number; y: number };
/** Its upper left corner. */
export type Box = Point & { id: string };
/** Through which points it goes, from the right of one box to the left of another. */
export type Arrow = { from: string; to: string; points: Point[] };
export type PlanLayout = { width: number; height: number; boxes: Box[]; arrows: Arrow[] };

/** Something that stands in a column: a node, or an arrow on its way past. `near`: what it is drawn to in the columns before and behind. */
type Item = { id?: string; height: number; y: number; before: Item[]; behind: Item[] };
type Way = { from: string; to: string; items: Item[] };

/** Of an arrow's own place in a column. */
const LANE = 18;
const ROUNDS = 6;

export function layOut(nodes: readonly InGraph[], sizes: Sizes): PlanLayout {
  const known = withoutRepeats(nodes);
  const steps = stepsOf(known);
  const columns: Item[][] = Array.from({ length: Math.max(0, ...steps.values()) + 1 }, () => []);
  const items = new Map<string, Item>();
  for (const { id } of known) {
    const item = { id, height: sizes.height, y: 0, before: [], behind: [] };
    items.set(id, item);
    columns[steps.get(id) ?? 0]?.push(item);
  }
  const ways = edgesOf(known).map((edge) => addWay(edge, { steps, columns, items }));
  for (const column of columns) number(column);
  for (let round = 0; round < ROUNDS; round++) order(columns, round % 2 === 0 ? "before" : "behind");
  for (const column of columns) stack(column, sizes);
  for (let round = 0; round < ROUNDS; round++) align(columns, sizes, round % 2 === 0 ? "before" : "behind");
  return placed(columns, ways, sizes);
}

/** A name stands for one node, the first that bears it. */
function withoutRepeats(nodes: readonly InGraph[]): InGraph[] {
  const first = new Map(nodes.toReversed().map((node) => [node.id, node]));
  return nodes
    .filter((node) => first.get(node.id) === node)
    .map(({ id, after }) => ({ id, after: [...new Set(after)].filter((each) => each !== id && first.has(each)) }));
}

/** What stands in a circle, which no plan that was checked has, comes behind all others. */
function stepsOf(nodes: readonly InGraph[]): Map<string, number> {
  const depths = depthsOf(nodes);
  const last = Math.max(-1, ...depths.values()) + 1;
  return new Map(nodes.map(({ id }) => [id, depths.get(id) ?? last]));
}

/** Those that are not implied by others. */
function edgesOf(nodes: readonly InGraph[]): { from: string; to: string }[] {
  const ancestors = ancestorsOf(nodes);
  return nodes.flatMap(({ id, after }) => {
    const isImplied = (from: string) =>
      after.some((other) => other !== from && ancestors.get(other)?.has(from) && !ancestors.get(from)?.has(other));
    return after.filter((from) => !isImplied(from)).map((from) => ({ from, to: id }));
  });
}

type Standing = { steps: ReadonlyMap<string, number>; columns: Item[][]; items: ReadonlyMap<string, Item> };

function addWay({ from, to }: { from: string; to: string }, { steps, columns, items }: Standing): Way {
  const [first, last] = [items.get(from) as Item, items.get(to) as Item];
  const between: Item[] = [];
  for (let step = (steps.get(from) ?? 0) + 1; step < (steps.get(to) ?? 0); step++) {
    const item: Item = { height: LANE, y: 0, before: [], behind: [] };
    columns[step]?.push(item);
    between.push(item);
  }
  const all = [first, ...between, last];
  all.slice(1).forEach((item, index) => {
    const before = all[index] as Item;
    item.before.push(before);
    before.behind.push(item);
  });
  return { from, to, items: between };
}

/** What belongs together comes to stand at the same height: by the mean place of its neighbours. */
function order(columns: readonly Item[][], side: "before" | "behind"): void {
  for (const column of side === "before" ? columns : columns.toReversed()) {
    const weights = new Map(column.map((item, index) => [item, meanOf(item[side], (each) => each.y) ?? index]));
    column.sort((one, other) => (weights.get(one) ?? 0) - (weights.get(other) ?? 0));
    number(column);
  }
}

function number(column: readonly Item[]): void {
  column.forEach((item, index) => {
    item.y = index;
  });
}

function meanOf(items: readonly Item[], value: (item: Item) => number): number | undefined {
  return items.length === 0 ? undefined : items.reduce((sum, item) => sum + value(item), 0) / items.length;
}

const middle = ({ y, height }: Item): number => y + height / 2;

function stack(column: readonly Item[], { gapY }: Sizes): void {
  let y = 0;
  for (const item of column) {
    item.y = y;
    y += item.height + gapY;
  }
}

/** Each item as near to its neighbours' height as the others of its column allow: least squares under a fixed order. */
function align(columns: readonly Item[][], { gapY }: Sizes, side: "before" | "behind"): void {
  for (const column of side === "before" ? columns : columns.toReversed()) {
    let offset = 0;
    const blocks: { sum: number; count: number }[] = [];
    const offsets = column.map((item) => {
      const own = offset;
      offset += item.height + gapY;
      const wanted = (meanOf(item[side], middle) ?? middle(item)) - item.height / 2;
      blocks.push({ sum: wanted - own, count: 1 });
      join(blocks);
      return own;
    });
    const tops = blocks.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count));
    column.forEach((item, index) => {
      item.y = (tops[index] ?? 0) + (offsets[index] ?? 0);
    });
  }
}

/** Blocks that would overlap become one. */
function join(blocks: { sum: number; count: number }[]): void {
  for (;;) {
    const [one, other] = blocks.slice(-2);
    if (!one || !other || one.sum / one.count <= other.sum / other.count) return;
    blocks.splice(-2, 2, { sum: one.sum + other.sum, count: one.count + other.count });
  }
}

function placed(columns: readonly Item[][], ways: readonly Way[], sizes: Sizes): PlanLayout {
  const { width, height, gapX, margin } = sizes;
  const all = columns.flat();
  const shift = margin - (all.length === 0 ? 0 : Math.min(...all.map(({ y }) => y)));
  const column = new Map(columns.flatMap((each, index) => each.map((item) => [item, index] as const)));
  const left = (item: Item) => margin + (column.get(item) ?? 0) * (width + gapX);
  const boxes = all.flatMap((item) =>
    item.id === undefined ? [] : [{ id: item.id, x: left(item), y: Math.round(item.y + shift) }],
  );
  const corner = new Map(boxes.map((box) => [box.id, box]));
  const arrows = ways.map(({ from, to, items }) => {
    const [start, end] = [corner.get(from) as Box, corner.get(to) as Box];
    const past = items.flatMap((item) => {
      const y = Math.round(middle(item) + shift);
      return [
        { x: left(item), y },
        { x: left(item) + width, y },
      ];
    });
    const points = [{ x: start.x + width, y: start.y + height / 2 }, ...past, { x: end.x, y: end.y + height / 2 }];
    return { from, to, points };
  });
  const bottom = Math.max(0, ...all.map((item) => item.y + item.height + shift));
  const columnsWide = columns.length * width + (columns.length - 1) * gapX;
  return { width: columnsWide + 2 * margin, height: Math.round(bottom + margin), boxes, arrows };
}
