/** The arithmetic of the benchmarks, and that their deliveries are what they say. What they measure is asserted nowhere. */
import { expect, test } from "vitest";
import { meets } from "../bench/bench.ts";
import { makeTemplates, PLACEHOLDER } from "../bench/ingress/payload.ts";
import { renderReport } from "../bench/render.ts";
import { median, quantile } from "../bench/statistics.ts";
import { parseCommands } from "../src/command/command.ts";

test("medians and quantiles are of what was measured, in any order", () => {
  expect(median([5, 1, 3])).toBe(3);
  expect(median([4, 1, 2, 3])).toBe(2.5);
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([0, 0.5, 0.99, 1].map((q) => quantile(hundred, q))).toEqual([1, 50, 99, 100]);
  expect(() => median([])).toThrow("nothing");
});

test("a report says of each bound whether it holds, and of context nothing", () => {
  const report = {
    counted: ["Everything."],
    tables: [
      {
        title: "milliseconds",
        rows: [
          ["", "p50"],
          ["orch", "7.00"],
        ],
      },
    ],
    figures: [
      { name: "rate", value: 0.95, unit: "×", goal: { atLeast: 0.9 } },
      { name: "time", value: 26, unit: "ms", goal: { atMost: 25 } },
      { name: "memory", value: 120, unit: "MB" },
    ],
  };
  expect(report.figures.map(meets)).toEqual([true, false, undefined]);
  expect(renderReport({ name: "x", title: "from here to there" }, report)).toBe(`x: from here to there
  Everything.

  milliseconds
           p50
    orch  7.00

  ✓ rate 0.95 × (goal: at least 0.9)
  ✗ time 26.0 ms (goal: at most 25)
  memory 120 MB
`);
});

test("the deliveries have the size of real ones and say what their name says", async () => {
  const templates = await makeTemplates();
  const kinds = Object.entries(templates).map(([name, template]) => {
    expect(template.length).toBeGreaterThan(12_000);
    expect(template.length).toBeLessThan(16_000);
    const { action, comment } = JSON.parse(template);
    expect([action, String(comment.id)]).toEqual(["created", PLACEHOLDER]);
    return [name, parseCommands(comment.body).map(({ kind }) => kind)];
  });
  expect(Object.fromEntries(kinds)).toEqual({ command: ["task"], quoting: ["task"], chatter: [] });
});
