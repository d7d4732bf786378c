import { describe, expect, test } from "vitest";
import { layOut, type PlanLayout, type Sizes } from "../../../dashboard/charts/plan-layout.ts";
import type { InGraph } from "../../../src/task/plan-graph.ts";
import { randomFrom } from "../../support/random.ts";

const SIZES: Sizes = { width: 200, height: 80, gapX: 50, gapY: 20, margin: 10 };

/** Each may stand behind some of those before it. */
function randomPlan(seed: number, count: number): InGraph[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, index) => ({
    id: `n${index}`,
    after: Array.from({ length: index < 4 ? 0 : random.below(4) }, () => `n${random.below(index)}`),
  }));
}

const boxOf = ({ boxes }: PlanLayout, id: string) => boxes.find((box) => box.id === id) ?? { x: -1, y: -1 };
const arrowsOf = (nodes: InGraph[]) => layOut(nodes, SIZES).arrows.map(({ from, to }) => `${from}>${to}`);

describe.each([1, 2, 3, 4, 5, 6])("a plan of fifty nodes at random (%i)", (seed) => {
  const nodes = randomPlan(seed, 50);
  const layout = layOut(nodes, SIZES);

  test("has a box for each, and none stands on another", () => {
    expect(layout.boxes.map(({ id }) => id).sort()).toEqual(nodes.map(({ id }) => id).sort());
    for (const one of layout.boxes)
      for (const other of layout.boxes)
        if (one !== other && one.x === other.x) expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(SIZES.height);
  });

  test("has every box within the picture, and right of all that have to be merged before it", () => {
    for (const { x, y } of layout.boxes) {
      expect(Math.min(x, y)).toBeGreaterThanOrEqual(SIZES.margin);
      expect(x + SIZES.width).toBeLessThanOrEqual(layout.width);
      expect(y + SIZES.height).toBeLessThanOrEqual(layout.height);
    }
    for (const { id, after } of nodes)
      for (const before of after) expect(boxOf(layout, before).x).toBeLessThan(boxOf(layout, id).x);
  });

  test("has no arrow that goes through a box", () => {
    const throughs = layout.arrows.flatMap(({ points }) =>
      points
        .slice(1, -1)
        .flatMap(({ x, y }) =>
          layout.boxes.filter((box) => x >= box.x && x <= box.x + SIZES.width && y > box.y && y < box.y + SIZES.height),
        ),
    );
    expect(throughs).toEqual([]);
  });

  test("is drawn the same each time", () => {
    expect(layOut(structuredClone(nodes), SIZES)).toEqual(layout);
  });
});

test("an arrow that others imply is left out", () => {
  const nodes = [
    { id: "a", after: [] },
    { id: "b", after: ["a"] },
    { id: "c", after: ["a", "b"] },
  ];
  expect(arrowsOf(nodes)).toEqual(["a>b", "b>c"]);
});

test("a circle, a name that stands twice and one that nobody bears are drawn all the same", () => {
  const nodes = [
    { id: "a", after: ["b", "nobody", "a"] },
    { id: "b", after: ["a"] },
    { id: "b", after: [] },
    { id: "c", after: [] },
  ];
  const { boxes } = layOut(nodes, SIZES);
  expect(boxes.map(({ id }) => id).sort()).toEqual(["a", "b", "c"]);
  expect(layOut([], SIZES)).toMatchObject({ boxes: [], arrows: [] });
});
