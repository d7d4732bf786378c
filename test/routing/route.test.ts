import { describe, expect, test } from "vitest";
import type { ArmCounts } from "../../src/history/arms.ts";
import { beta, drawsFor } from "../../src/routing/draws.ts";
import { type Asked, FLOOR, route } from "../../src/routing/route.ts";
import { armCounts } from "./arm-counts.ts";

const WORK = { repositoryId: 11, kind: "issue", size: "small" };
const RULES = { mode: "route" as const, explore: 0 };
const plain = (...agents: string[]) => agents.map((agent) => ({ agent }));
const asked = (changes: Partial<Asked> = {}): Asked => ({
  seed: "t1",
  rules: RULES,
  work: WORK,
  arms: plain("claude", "codex", "gemini"),
  counts: [
    armCounts({ agent: "claude", merged: 60, costUsd: 120 }),
    armCounts({ agent: "codex", merged: 50, costUsd: 50 }),
    armCounts({ agent: "gemini", merged: 5, costUsd: 20 }),
  ],
  ...changes,
});

/** How often each was chosen, of so many tasks. */
function shares(changes: (seed: string) => Partial<Asked>, tasks = 2_000): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let nth = 0; nth < tasks; nth++) {
    const seed = `t${nth}`;
    const name = route(asked({ seed, ...changes(seed) })).chosen ?? "none";
    counts[name] = (counts[name] ?? 0) + 1 / tasks;
  }
  return counts;
}

test("the agent is chosen with which a merged change costs least, not the cheapest nor the one that is merged most", () => {
  const routing = route(asked());
  expect(routing).toMatchObject({ chosen: "codex", class: "issue/small", seed: "t1", mode: "route" });
  expect(routing).not.toHaveProperty("fellBackTo");
  expect(routing.candidates.map(({ arm, n, merged, costPerMerged }) => [arm, n, merged, costPerMerged])).toEqual([
    ["claude", 100, 60, 2],
    ["codex", 100, 50, 1],
    ["gemini", 100, 5, 4],
  ]);
});

test("the same task with the same numbers is given the same agent, in whatever order these come", () => {
  const rules = { ...RULES, explore: 1 };
  for (let nth = 0; nth < 50; nth++) {
    const seed = `t${nth}`;
    const one = asked({ seed, rules });
    const other = { ...one, arms: one.arms.toReversed(), counts: one.counts?.toReversed() };
    expect(route(other)).toEqual(route(one));
  }
  expect(Object.keys(shares(() => ({ rules })))).toContain("claude");
});

test("whatever is known, no agent is chosen that is not among those that may be", () => {
  const draw = drawsFor("whatever");
  const upTo = (most: number) => Math.floor(draw() * most);
  const all = ["a", "b", "c", "d", "e"];
  for (let nth = 0; nth < 1_000; nth++) {
    const counts: ArmCounts[] = Array.from({ length: upTo(12) }, () => {
      const tasks = upTo(100);
      const merged = upTo(tasks + 1);
      const agent = all[upTo(5)] ?? "a";
      const costed = upTo(tasks + 1);
      return armCounts({ agent, tasks, merged, pending: upTo(tasks - merged + 1), costed, costUsd: draw() * costed });
    });
    const agents = all.filter(() => draw() < 0.5);
    const maxCostUsd = draw() < 0.5 ? draw() : undefined;
    const rules = { ...RULES, explore: draw(), ...(maxCostUsd !== undefined && { maxCostUsd }) };
    const routing = route(
      asked({ seed: `t${nth}`, rules, arms: plain(...agents), counts: draw() < 0.1 ? undefined : counts }),
    );
    if (routing.chosen !== undefined) expect(agents).toContain(routing.chosen);
    for (const { n, draw: drawn = 1 } of routing.candidates)
      expect(Number.isFinite(n) && Number.isFinite(drawn)).toBe(true);
    if (routing.chosen === undefined) expect(routing.fellBackTo).toBe("default");
  }
});

test("no more tasks explore than the repository lets, and every agent is tried now and then", () => {
  expect(shares(() => ({}))).toEqual({ codex: expect.closeTo(1) });
  const { codex = 0, ...others } = shares(() => ({ rules: { ...RULES, explore: 0.2 } }), 8_000);
  expect(codex).toBeGreaterThanOrEqual(0.8);
  const floor = (0.2 * FLOOR) / 3;
  for (const agent of ["claude", "gemini"]) expect(others[agent]).toBeGreaterThan(floor * 0.7);
});

test("where the history cannot be read, or only one agent may be chosen, it is the default, and why is said", () => {
  expect(route(asked({ counts: undefined }))).toMatchObject({ fellBackTo: "default", because: "no_history" });
  expect(route(asked({ arms: plain("claude") }))).toMatchObject({ fellBackTo: "default", because: "one_agent" });
  expect(route(asked({ counts: undefined }))).not.toHaveProperty("chosen");
});

test("little is known of this work here: what was done elsewhere counts, then any work, then nobody is chosen", () => {
  const few = [
    armCounts({ agent: "codex", tasks: 20, merged: 0, costed: 20 }),
    armCounts({ agent: "claude", tasks: 20, merged: 10, costed: 20 }),
  ];
  const elsewhere = armCounts({ repositoryId: 12, agent: "gemini", tasks: 30, merged: 29, costUsd: 3, costed: 30 });
  expect(route(asked({ counts: [...few, elsewhere] }))).toMatchObject({
    chosen: "gemini",
    fellBackTo: "all_repositories",
  });
  const other = { ...elsewhere, kind: "pull" };
  expect(route(asked({ counts: [...few, other] }))).toMatchObject({ chosen: "gemini", fellBackTo: "all_kinds" });
  const routing = route(asked({ counts: few }));
  expect(routing).toMatchObject({ fellBackTo: "default", because: "not_enough" });
  expect(routing).not.toHaveProperty("chosen");
  expect(shares(() => ({ counts: few, rules: { ...RULES, explore: 0.2 } })).none).toBeCloseTo(0.8, 1);
});

test("an agent whose tasks cost more than is allowed is not chosen, and where all do nobody is", () => {
  const routing = route(asked({ rules: { ...RULES, maxCostUsd: 0.4 } }));
  expect(routing).toMatchObject({ chosen: "gemini" });
  expect(route(asked({ rules: { ...RULES, maxCostUsd: 0.01 } }))).toMatchObject({ because: "too_costly" });
});

test("what an agent did with an earlier model or program tells a third of what it does now", () => {
  const counts = [
    armCounts({ agent: "codex", model: "old", last: "2026-01-01", tasks: 100, merged: 90 }),
    armCounts({ agent: "codex", model: "new", last: "2026-01-04", tasks: 60, merged: 6, costUsd: 60, costed: 60 }),
    armCounts({ agent: "claude", merged: 40 }),
  ];
  const { candidates } = route(asked({ counts, arms: plain("codex", "claude") }));
  expect(candidates[1]).toMatchObject({ arm: "codex", n: 90, merged: 33 });
});

describe("an agent that may be told other models", () => {
  const arms = [{ agent: "claude" }, { agent: "claude", model: "haiku" }, { agent: "codex" }];
  const counts = [
    armCounts({ agent: "claude", model: "claude-opus-5", merged: 70, costUsd: 200 }),
    armCounts({ agent: "claude", model: "claude-haiku-5", version: "2.1.0", merged: 60, costUsd: 20 }),
    armCounts({ agent: "codex", merged: 50, costUsd: 50 }),
  ];

  test("is as many arms, and the one is chosen with whose model a merged change costs least", () => {
    const routing = route(asked({ arms, counts }));
    expect(routing).toMatchObject({ chosen: "claude", model: "haiku" });
    expect(routing.candidates).toMatchObject([
      { arm: "claude", n: 100, merged: 70 },
      { arm: "claude", model: "haiku", version: "2.1.0", n: 100, merged: 60 },
      { arm: "codex", n: 100, merged: 50 },
    ]);
    expect(routing.candidates[0]).not.toHaveProperty("model");
    const [opus] = counts;
    const dear = route(asked({ arms, counts: opus ? [opus] : [] }));
    expect(dear).toMatchObject({ chosen: "claude" });
    expect(dear).not.toHaveProperty("model");
  });

  test("has what it did with a model counted for the arm that names it most closely, and never for two", () => {
    const close = [
      { agent: "claude", model: "sonnet" },
      { agent: "claude", model: "sonnet-5" },
    ];
    const done = ["claude-sonnet-5", "claude-sonnet-4", "sonnets", "opus"].map((model, nth) =>
      armCounts({ agent: "claude", model, tasks: 100 + nth, merged: 10, costed: 100 }),
    );
    const { candidates } = route(asked({ arms: close, counts: done }));
    expect(candidates.map(({ model, n }) => [model, n])).toEqual([
      ["sonnet", 101],
      ["sonnet-5", 100],
    ]);
  });

  test("begins a new version of its program with a third of what is known of the one before", () => {
    const before = armCounts({
      agent: "claude",
      model: "claude-haiku-5",
      version: "2.0.0",
      last: "2026-01-01",
      merged: 90,
    });
    const { candidates } = route(asked({ arms, counts: [...counts, before] }));
    expect(candidates[1]).toMatchObject({ model: "haiku", version: "2.1.0", n: 130, merged: 87 });
  });
});

test("work that is verified and open counts half, until people have decided", () => {
  const arms = plain("claude", "codex");
  const codex = armCounts({ agent: "codex", merged: 0, pending: 60 });
  expect(route(asked({ arms, counts: [armCounts({ merged: 20 }), codex] })).chosen).toBe("codex");
  expect(route(asked({ arms, counts: [armCounts({ merged: 40 }), codex] })).chosen).toBe("claude");
});

test("an agent of which hardly anything is known is never best, and only tried by those that explore", () => {
  const counts = [
    armCounts({ agent: "claude", merged: 10 }),
    armCounts({ agent: "codex", tasks: 3, merged: 3, costed: 3 }),
  ];
  expect(route(asked({ counts })).chosen).toBe("claude");
  const { claude = 0 } = shares(() => ({ counts, rules: { ...RULES, explore: 0.1 } }));
  expect(claude).toBeGreaterThanOrEqual(0.88);
});

test("shares are drawn as they are known: with their mean, and closer to it the more is known", () => {
  for (const [yes, no] of [
    [1, 1],
    [5, 15],
    [300, 100],
  ] as const) {
    const draw = drawsFor(`${yes}/${no}`);
    const drawn = Array.from({ length: 5_000 }, () => beta(yes, no, draw));
    const mean = drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
    const spread = drawn.reduce((sum, each) => sum + (each - mean) ** 2, 0) / drawn.length;
    expect(mean).toBeCloseTo(yes / (yes + no), 1);
    expect(spread).toBeCloseTo((yes * no) / ((yes + no) ** 2 * (yes + no + 1)), 2);
  }
});
