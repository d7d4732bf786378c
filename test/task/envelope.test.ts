import { describe, expect, test } from "vitest";
import { type Balance, type Caps, envelopesOf, narrowestCaps, shortOf, wantOf } from "../../src/task/envelope.ts";
import { knownUse } from "../../src/task/known-use.ts";
import type { TaskRun } from "../../src/task/task.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { makeSpec } from "../support/task-spec.ts";

const NOON = Date.UTC(2026, 10, 27, 12);
const limitOf = (of: string, spec: TaskSpec, caps?: Caps) =>
  envelopesOf(spec, caps, NOON)?.find((each) => each.of === of)?.limit;

describe("what a task may use", () => {
  test("is nobody's business where nobody limits anything", () => {
    expect(envelopesOf(makeSpec(), undefined, NOON)).toBeUndefined();
  });

  test.each<[string, Partial<TaskSpec>, Caps | undefined, object]>([
    ["what whoever asks says", { budget: { usd: 2 } }, undefined, { usd: 2 }],
    ["what the operator says", {}, { task: { usd: 5 } }, { usd: 5 }],
    ["the smaller one of both", { budget: { usd: 9 } }, { task: { usd: 5 } }, { usd: 5 }],
    ["the default where nobody says anything", {}, { task: { usd: 5 }, taskDefault: { usd: 3 } }, { usd: 3 }],
    [
      "more than the default for who says so",
      { budget: { usd: 4 } },
      { task: { usd: 5 }, taskDefault: { usd: 3 } },
      { usd: 4 },
    ],
    ["what the repository's file narrows it to", { caps: { task: { usd: 1 } } }, { task: { usd: 5 } }, { usd: 1 }],
    [
      "never more than the operator's for the repository's file",
      { caps: { task: { usd: 8 } } },
      { task: { usd: 5 } },
      { usd: 5 },
    ],
    ["each unit by itself", { budget: { tokens: 7 } }, { task: { usd: 5 } }, { usd: 5, tokens: 7 }],
  ])("is %s", (_, spec, caps, expected) => {
    expect(limitOf("task", makeSpec(spec), caps)).toEqual(expected);
  });

  test("is counted by day for a person, a repository and all", () => {
    const caps: Caps = { person: { usd: 1 }, repository: { usd: 2 }, day: { usd: 3 } };
    expect(envelopesOf(makeSpec(), caps, NOON)?.map(({ name }) => name)).toEqual([
      `task:${makeSpec().id}`,
      "conversation:11:1",
      "person:31:2026-11-27",
      "repository:11:2026-11-27",
      "day:2026-11-27",
    ]);
  });

  test("draws on nobody's envelope where a schedule asks", () => {
    const { actor: _, ...spec } = makeSpec();
    expect(envelopesOf(spec, { day: { usd: 3 } }, NOON)?.map(({ of }) => of)).not.toContain("person");
  });
});

describe("what a plan may use", () => {
  const team = makeSpec({ team: true, budget: { usd: 10, runs: 6 } });
  const of = { plan: team.id, id: "a", try: 1, home: "h1", share: 0.25, planBudget: { usd: 10, runs: 6 } };
  const { budget: _, team: __, ...rest } = team;
  const node: TaskSpec = { ...rest, id: "tnode", node: of };

  test("is what its team's task may, and the nodes leave a fifth of that", () => {
    expect(limitOf("plan", team)).toEqual({ usd: 10, runs: 6 });
    expect(limitOf("plan", node)).toEqual({ usd: 8, runs: 4 });
    expect(limitOf("plan", node, { task: { usd: 5 } })).toEqual({ usd: 4, runs: 4 });
    expect(envelopesOf(node, undefined, NOON)?.find((each) => each.of === "plan")?.name).toBe(`plan:${team.id}`);
  });

  test("is no more than the operator and the repository let any plan use", () => {
    expect(limitOf("plan", { ...team, caps: { plan: { usd: 5 } } })).toEqual({ usd: 5, runs: 6 });
    expect(limitOf("plan", node, { plan: { usd: 2.5 }, task: { usd: 9 } })).toEqual({ usd: 2, runs: 4 });
    expect(limitOf("task", { ...rest, id: "tother" }, { plan: { usd: 1 } })).toEqual({});
  });

  test("is all that limits the team's own runs, and its share, or what the plan gives it, what limits a node", () => {
    expect(limitOf("task", team)).toEqual({});
    expect(limitOf("task", node)).toEqual({ usd: 2, runs: 4 });
    expect(limitOf("task", { ...node, budget: { usd: 3 } })).toEqual({ usd: 3 });
  });

  test("is nobody's business where nobody limits it", () => {
    const { planBudget: ___, ...free } = of;
    expect(envelopesOf({ ...node, node: free }, undefined, NOON)).toBeUndefined();
  });
});

test("a run wants the smallest amount of all that limit it, and one run", () => {
  const caps: Caps = { run: { usd: 2, tokens: 9 }, conversation: { usd: 1 }, day: { usd: 50 } };
  const envelopes = envelopesOf(makeSpec(), caps, NOON) ?? [];
  expect(wantOf(makeSpec(), caps, envelopes)).toEqual({ usd: 1, tokens: 9, runs: 1 });
});

test("of hosts that say different things the smallest amount of each counts", () => {
  expect(narrowestCaps([undefined, { day: { usd: 9 } }, { day: { usd: 5, runs: 3 }, run: { usd: 1 } }])).toEqual({
    day: { usd: 5, runs: 3 },
    run: { usd: 1 },
  });
  expect(narrowestCaps([undefined, undefined])).toBeUndefined();
});

const day = (changes: Partial<Balance>): Balance => ({
  of: "day",
  name: "day:x",
  label: "x",
  limit: { usd: 10 },
  spent: {},
  reserved: {},
  ...changes,
});

test.each<[string, Partial<Balance>, ReturnType<typeof shortOf>]>([
  ["enough is left", { spent: { usd: 3 }, reserved: { usd: 5 } }, undefined],
  ["a tenth of what it wants is left", { spent: { usd: 9.8 } }, undefined],
  ["less than a tenth is left", { spent: { usd: 9.9 } }, { of: "day", unit: "usd" }],
  ["others have set it aside", { reserved: { usd: 10 } }, { of: "day", unit: "usd" }],
  ["more was used than there was", { spent: { usd: 11 } }, { of: "day", unit: "usd" }],
  ["there is nothing in it ever", { limit: { usd: 0 } }, { of: "day", unit: "usd", never: true }],
  ["it limits something else", { limit: { tokens: 5 }, spent: { usd: 99 } }, undefined],
])("a run that wants two dollars, where %s", (_, changes, expected) => {
  expect(shortOf([day(changes)], { usd: 2, runs: 1 })).toEqual(expected);
});

test("the record says what runs have used; one that never got to an agent has used nothing, and what is not said is not known", () => {
  const run = (number: number, progress: TaskRun["progress"]): TaskRun => ({
    number,
    host: "h",
    startedAt: 1,
    progress,
  });
  const budget = (epoch: number, usd: number) => ({ epoch, reserved: { usd: 2 }, used: { usd, runs: 1 } });
  const known = knownUse({
    runs: [run(1, {}), run(2, { agent: "a", budget: budget(2, 0.5) }), run(4, { agent: "a", budget: budget(3, 0.7) })],
  });
  expect(known[1]).toEqual({ usd: 0, tokens: 0, ms: 0, runs: 0 });
  expect(known[2]).toEqual({ usd: 0.5, runs: 1 });
  expect(known[3]).toEqual({ usd: 0.7, runs: 1 });
  expect(known[4]).toBeUndefined();
});
