/**
 * Plans over random graphs, whose nodes end in any way and order, whose bots die before and after they have written, and whose manager
 * wants anything. What holds is said after every step; a failure names the seed that repeats it.
 */
import { expect, test } from "vitest";
import { countedTries } from "../../src/task/after-try.ts";
import { beyondOf } from "../../src/task/beyond.ts";
import { decideOnAsked } from "../../src/task/decide-asked.ts";
import { closePlan, judgePlan, nextLook } from "../../src/task/judge-plan.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import {
  currentTry,
  isNodeOver,
  isSettledFor,
  nodeOf,
  openAsked,
  openTry,
  type Plan,
  type PlanNode,
} from "../../src/task/plan.ts";
import { revise } from "../../src/task/revise-plan.ts";
import { namedIn, type Revision } from "../../src/task/revision.ts";
import { mayMeet } from "../../src/task/scope.ts";
import type { Task } from "../../src/task/task.ts";
import { type Random, randomFrom, SEED } from "../support/random.ts";
import { ANOTHER, BROKEN, MERGED, makePlan, nodeSpec, planNode, T0, taskOfNode, teamTask } from "./plans-made.ts";

const ROUNDS = 300;
const STEPS = 120;
const ENDS: Outcome[] = [
  ...[MERGED, MERGED, MERGED, BROKEN, ANOTHER],
  { kind: "agent_failed", reason: "crash", message: "It threw.", lastLines: "" },
  { kind: "agent_failed", reason: "conflict", message: "src/a.ts", lastLines: "" },
  { kind: "host_error", message: "The disk is full." },
  { kind: "cancelled", reason: { kind: "command", by: "x" } },
  { kind: "no_changes", lastWords: "" },
];

function randomNodes({ below, pick }: Random): PlanNode[] {
  const names = Array.from({ length: 2 + below(9) }, (_, index) => `n${index}`);
  return names.map((id, index) =>
    planNode(id, {
      // Now and then what no check would let through.
      after: names.filter((_, other) => (other < index ? below(3) === 0 : below(60) === 0 && other !== index)),
      scope: [pick(["src/**", "src/a/**", "docs/**", `${id}/**`, `${id}.md`])],
      ...(below(4) === 0 && { shared: true }),
      onFailure: pick(["retry", "retry", "skip", "stop"]),
      ...(below(2) === 0 && { choices: [{ agent: "claude" }, { agent: "gemini" }] }),
    }),
  );
}

function randomRevision({ below, pick }: Random, { nodes }: Plan): Revision {
  const name = () => pick(nodes).id;
  return pick<() => Revision>([
    () => ({ retry: [{ node: name(), instruction: "Again." }] }),
    () => ({ add: [nodeSpec(`w${below(1_000)}`, { scope: ["src/x.ts"], role: pick(["developer", "reviewer"]) })] }),
    () => ({ retry: [{ node: name() }], add: [nodeSpec(`v${below(1_000)}`, { scope: ["infra/**"] })] }),
    () => ({ skip: [name()] }),
    () => ({ add: [nodeSpec(`x${below(1_000)}`, { after: [name()] })] }),
    () => ({ replace: [name()], add: [nodeSpec(`y${below(1_000)}`)] }),
    () => ({ end: "partial" }),
    () => ({}),
  ])();
}

/** What holds of any plan that was written after another one. */
function holds(before: Plan, plan: Plan): void {
  const started = plan.nodes.filter((node) => node.state.name === "started" || openTry(node));
  for (const node of started) {
    const was = nodeOf(before, node.id);
    const isNew = was?.tries.length !== node.tries.length;
    if (isNew)
      for (const id of node.after)
        expect(isSettledFor(nodeOf(plan, id) as PlanNode), `${node.id} behind ${id}`).toBe(true);
    for (const other of started) {
      if (other === node || (other.shared && node.shared)) continue;
      expect(mayMeet(node.scope, other.scope), `${node.id} and ${other.id} at once`).toBe(false);
    }
  }
  const asked = openAsked(plan);
  for (const id of asked?.name === openAsked(before)?.name ? namedIn(asked?.revision ?? {}) : []) {
    const [was, node] = [nodeOf(before, id), nodeOf(plan, id)];
    expect(node?.tries.length, `${id} is to be decided about`).toBe(was?.tries.length);
    if (was?.state.name === "failed" && before.state !== "managing") expect(node?.state).toEqual(was.state);
  }
  if (asked) expect(plan.state === "running" || plan.state === "managing").toBe(true);
  expect(started.length).toBeLessThanOrEqual(plan.caps.width);
  expect(plan.managerRuns).toBeLessThanOrEqual(plan.caps.managerRuns);
  expect(plan.nodes.length).toBeLessThanOrEqual(plan.caps.nodes + before.nodes.length);
  for (const node of before.nodes) {
    const now = nodeOf(plan, node.id);
    expect(now, node.id).toBeDefined();
    if (node.state.name === "merged") expect(now?.state).toEqual(node.state);
    expect(now?.tries.slice(0, node.tries.length).map(({ task }) => task)).toEqual(node.tries.map(({ task }) => task));
    expect(countedTries(now as PlanNode).length).toBeLessThanOrEqual(plan.caps.runsPerNode);
  }
  const tasks = plan.nodes.flatMap(({ tries }) => tries.map(({ task }) => task));
  expect(new Set(tasks).size).toBe(tasks.length);
}

/** Somebody works, somebody will look, the manager is to run, or it is over. */
function canMove(plan: Plan, now: number): void {
  if (plan.state !== "running") return;
  const isAtWork = plan.nodes.some((node) => node.state.name === "started" || openTry(node));
  const isAwaited = nextLook(plan) < plan.until || openAsked(plan) !== undefined;
  expect(isAtWork || (nextLook(plan) > now && isAwaited)).toBe(true);
}

function play(seed: number): void {
  const random = randomFrom(seed);
  const { below, pick } = random;
  const tasks = new Map<string, Task>();
  const nodes = randomNodes(random);
  let plan = makePlan(nodes, {
    ...(below(4) > 0 && { approved: { nodes: nodes.length } }),
    caps: { width: 1 + below(4), nodes: 14, depth: 2, runsPerNode: 4, managerRuns: 4 },
  });
  let now = T0;
  let epoch = 1;
  const write = (next: Plan | undefined) => {
    if (!next) return;
    holds(plan, next);
    plan = next;
  };
  /** As a bot reads them. */
  const around = () => {
    const open = plan.nodes.flatMap((node) => openTry(node)?.task ?? []);
    const read = new Map(open.map((id) => [id, tasks.get(id) ?? ("absent" as const)]));
    return { team: teamTask(epoch), tasks: read, now };
  };
  const judge = () => {
    write(judgePlan(plan, around()));
    expect(judgePlan(plan, around()), "judged twice").toBeUndefined();
    canMove(plan, now);
  };
  const make = () => {
    for (const node of plan.nodes) {
      const id = currentTry(node)?.task;
      if (node.state.name === "started" && id !== undefined && !tasks.has(id)) tasks.set(id, taskOfNode(id));
    }
  };
  const end = (outcome: Outcome) => {
    const open = [...tasks.values()].filter(({ state }) => state.name !== "settled");
    if (open.length > 0) {
      const { id } = pick(open).spec;
      tasks.set(id, taskOfNode(id, outcome));
    }
  };
  const manage = (revision: Revision) => {
    if (plan.state !== "managing") return;
    const revised = revise(plan, revision, { now, askUntil: now + 3600_000 });
    if (revised.kind === "revised") expect(beyondOf(plan, revised.plan)).toEqual({ problems: [] });
    if (revised.kind === "asked" && revised.plan) expect(revised.plan.nodes).toEqual(plan.nodes);
    if ("plan" in revised) write(revised.plan);
    epoch += 1;
  };
  const decide = () => {
    const name = openAsked(plan)?.name ?? "";
    const kind = pick(["approved", "approved", "change"] as const);
    const next = decideOnAsked(plan, name, kind === "change" ? { kind, text: "No.", at: now } : { kind, at: now });
    expect(next === undefined).toBe(name === "");
    write(next);
    expect(decideOnAsked(plan, name, { kind: "approved", at: now }), "decided twice").toBeUndefined();
  };
  const deeds = [
    ...[judge, judge, make, make],
    () => end(pick(ENDS)),
    () => end(pick(ENDS)),
    () => void judgePlan(plan, around()), // it dies before it writes
    () => manage(randomRevision(random, plan)),
    ...[decide, decide],
    () => {
      now += below(200_000);
    },
  ];
  for (let step = 0; step < STEPS; step++) pick(deeds)();
  // From here on all goes well, and so it has to come to an end.
  for (let step = 0; plan.state !== "finishing"; step++) {
    expect(step, "it does not end").toBeLessThan(500);
    judge();
    make();
    end(MERGED);
    manage({});
    if (plan.nodes.every(({ state }) => state.name !== "started"))
      now = Math.max(now, openAsked(plan) ? nextLook(plan) : Math.min(nextLook(plan), now + 900_000));
  }
  expect(plan.nodes.every(isNodeOver)).toBe(true);
  expect(closePlan(plan, now)?.state).toBe("over");
}

test(`any plan keeps its promises and comes to an end (ORCH_SEED=${SEED})`, () => {
  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED + round;
    try {
      play(seed);
    } catch (error) {
      throw new Error(`ORCH_SEED=${seed}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }
});
