import { describe, expect, test } from "vitest";
import { closePlan, judgePlan } from "../../src/task/judge-plan.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import { currentTry, nodeOf, type Plan, type PlanNode } from "../../src/task/plan.ts";
import type { Task } from "../../src/task/task.ts";
import { ANOTHER, BROKEN, CONFLICTED, MERGED, makePlan, planNode, T0, taskOfNode, teamTask } from "./plans-made.ts";

const node = planNode;
const LEFT: Outcome = { kind: "cancelled", reason: { kind: "left_plan", task: "tbbbbbbbbbbbbbbb" } };

/** A plan that is judged again and again, and the tasks of its nodes, which end as they are told to. */
function playing(nodes: PlanNode[], changes: Partial<Plan> = {}) {
  let plan = makePlan(nodes, changes);
  let now = T0;
  let epoch = 1;
  const tasks = new Map<string, Task>();
  const play = {
    get plan() {
      return plan;
    },
    judge(team = teamTask(epoch)) {
      plan = judgePlan(plan, { team, tasks, now }) ?? plan;
      for (const { state, tries } of plan.nodes) {
        const id = currentTry({ tries })?.task;
        if (state.name === "started" && id !== undefined && !tasks.has(id)) tasks.set(id, taskOfNode(id));
      }
      return play;
    },
    states: () => Object.fromEntries(plan.nodes.map(({ id, state }) => [id, state.name])),
    end(id: string, outcome: Outcome = MERGED, changed: Partial<Task> = {}) {
      const task = currentTry(nodeOf(plan, id) as PlanNode)?.task ?? "";
      tasks.set(task, { ...taskOfNode(task, outcome), ...changed });
      return play.judge();
    },
    asks(id: string) {
      const task = currentTry(nodeOf(plan, id) as PlanNode)?.task ?? "";
      const reason = { for: "answer" as const, question: "q111111", onNoAnswer: "go_on" as const, until: now + 1 };
      tasks.set(task, { ...taskOfNode(task), state: { name: "waiting", since: now, reasons: [reason] } });
      return play.judge();
    },
    /** The manager has had its run. */
    managed(change: (plan: Plan) => Plan = (same) => same) {
      epoch += 1;
      plan = change(plan);
      return play.judge();
    },
    pass(ms: number) {
      now += ms;
      return play.judge();
    },
    whatHappened: () => plan.events.map(({ what, node: of }) => (of === undefined ? what : `${what} ${of}`)),
  };
  return play.judge();
}

describe("a plan", () => {
  test("starts the nodes that stand behind nothing, and each other one when all before it are merged", () => {
    const play = playing([node("a"), node("b", { after: ["a"] }), node("c"), node("d", { after: ["b", "c"] })]);
    expect(play.states()).toEqual({ a: "started", b: "waiting", c: "started", d: "waiting" });
    expect(play.end("a").states()).toMatchObject({ b: "started", d: "waiting" });
    expect(play.end("c").states()).toMatchObject({ d: "waiting" });
    expect(play.end("b").states()).toMatchObject({ d: "started" });
    expect(play.plan.state).toBe("running");
    play.end("d");
    expect(play.plan.state).toBe("finishing");
    expect(nodeOf(play.plan, "d")?.state).toMatchObject({ name: "merged", sha: "c".repeat(40) });
  });

  test("that is judged again without news stays as it is, to the letter", () => {
    const play = playing([node("a"), node("b", { after: ["a"] })]);
    expect(judgePlan(play.plan, { team: teamTask(), tasks: new Map(), now: T0 })).toBeUndefined();
    play.end("a").end("b");
    expect(judgePlan(play.plan, { team: teamTask(), tasks: new Map(), now: T0 })).toBeUndefined();
  });

  test("has no more nodes at work than its width, of which one that waits for an answer is none", () => {
    const play = playing(["a", "b", "c", "d"].map((id) => node(id)));
    expect(play.states()).toEqual({ a: "started", b: "started", c: "started", d: "waiting" });
    expect(play.asks("b").states()).toMatchObject({ d: "started" });
  });

  test("starts nodes one after the other whose scopes meet, unless both say that they share them", () => {
    const same = { scope: ["src/**"] };
    expect(playing([node("a", same), node("b", same)]).states()).toEqual({ a: "started", b: "waiting" });
    expect(
      playing([node("a", same), node("b", same)])
        .end("a")
        .states(),
    ).toMatchObject({ b: "started" });
    const shared = { ...same, shared: true };
    expect(playing([node("a", shared), node("b", shared)]).states()).toEqual({ a: "started", b: "started" });
    expect(playing([node("a", shared), node("b", same)]).states()).toEqual({ a: "started", b: "waiting" });
  });

  test("starts nothing more once its team is to stop", () => {
    const team = { ...teamTask(), cancel: { kind: "command" as const, by: "maintainer" } };
    const plan = makePlan([node("a")]);
    expect(judgePlan(plan, { team, tasks: new Map(), now: T0 })).toBeUndefined();
  });

  test("leaves out in time what is not done after a week, and is finished with what there is", () => {
    const play = playing([node("a"), node("b"), node("c", { after: ["b"] })]).end("a");
    play.pass(7 * 24 * 3600_000);
    expect(play.states()).toEqual({ a: "merged", b: "skipped", c: "skipped" });
    expect(play.plan.state).toBe("running");
    expect(play.end("b", LEFT).plan.state).toBe("finishing");
  });

  test("goes on without a node only when that is not worked on any more, and has it if it was merged by then", () => {
    const skipped = () => {
      const play = playing([node("a", { scope: ["src/**"] }), node("b", { after: ["a"], scope: ["src/**"] })]);
      const waived = {
        name: "skipped" as const,
        at: T0,
        because: "the plan goes on without it",
        waived: true as const,
      };
      return play.managed((plan) => ({
        ...plan,
        nodes: plan.nodes.map((each) => (each.id === "a" ? { ...each, state: waived } : each)),
      }));
    };
    expect(skipped().states()).toEqual({ a: "skipped", b: "waiting" });
    expect(skipped().end("a", LEFT).states()).toEqual({ a: "skipped", b: "started" });
    expect(skipped().end("a").states()).toEqual({ a: "merged", b: "started" });
  });

  test("whose budget is used up lets live nodes end and is finished with what there is", () => {
    const play = playing([node("a"), node("b"), node("c", { after: ["a"] })]);
    play.end("a", { kind: "out_of_budget", message: "Nothing is left.", lastLines: "", of: "plan" });
    expect(play.states()).toEqual({ a: "failed", b: "started", c: "skipped" });
    expect(play.end("b").plan).toMatchObject({ state: "finishing", spent: true, managerRuns: 0 });
  });
});

describe("a node that fails", () => {
  test("is tried once more by the same agent, and then the manager is woken", () => {
    const play = playing([node("a"), node("b", { after: ["a"] })]).end("a", BROKEN);
    expect(play.states().a).toBe("started");
    expect(nodeOf(play.plan, "a")?.tries).toMatchObject([{ end: "verify_failed", choice: 0 }, { choice: 0 }]);
    play.end("a", ANOTHER);
    expect(play.states()).toEqual({ a: "failed", b: "waiting" });
    expect(play.plan).toMatchObject({ state: "managing", managerRuns: 1, managed: { wakes: [{ node: "a" }] } });
  });

  test("is then tried by another agent first, where its role has one", () => {
    const play = playing([node("a", { choices: [{ agent: "claude" }, { agent: "gemini" }] })]).end("a", BROKEN);
    play.end("a", ANOTHER);
    expect(nodeOf(play.plan, "a")?.tries.map(({ choice }) => choice)).toEqual([0, 0, 1]);
    play.end("a", BROKEN);
    expect(play.plan.state).toBe("managing");
  });

  test("is not tried again when it fails as before and its agent has made nothing since", () => {
    const crash: Outcome = { kind: "agent_failed", reason: "crash", message: "It threw.", lastLines: "pid 4711" };
    const again: Outcome = { ...crash, lastLines: "pid 815" };
    const choices = [{ agent: "claude" }, { agent: "gemini" }];
    const play = playing([node("a", { choices })])
      .end("a", crash)
      .pass(30_000)
      .end("a", again);
    expect(nodeOf(play.plan, "a")?.tries).toHaveLength(2);
    expect(play.plan.state).toBe("managing");
  });

  test("for a reason of its host's is tried again after ever longer waits, and that is no try", () => {
    const lost: Outcome = { kind: "host_error", message: "The disk is full." };
    const play = playing([node("a")]).end("a", lost);
    expect(play.states().a).toBe("waiting");
    play.pass(29_999);
    expect(play.states().a).toBe("waiting");
    play.pass(1);
    expect(play.states().a).toBe("started");
    play.end("a", lost).pass(59_999);
    expect(play.states().a).toBe("waiting");
    play.pass(1).end("a", BROKEN);
    expect(play.states().a).toBe("started");
    expect(play.end("a").states().a).toBe("merged");
  });

  test("for such reasons all the time goes to the manager", () => {
    const play = playing([node("a")]);
    for (let times = 0; times < 6; times++) play.end("a", { kind: "host_error", message: "Gone." }).pass(15 * 60_000);
    expect(play.plan.state).toBe("managing");
  });

  test("and may be left out is left out at once, and those after it go on without it", () => {
    const play = playing([node("a", { onFailure: "skip" }), node("b", { after: ["a"] })]).end("a", BROKEN);
    expect(play.states()).toEqual({ a: "skipped", b: "started" });
  });

  test("and is a person's to decide about is asked for at once, without a run of the manager", () => {
    const play = playing([node("a", { onFailure: "stop" }), node("b", { after: ["a"] }), node("c")]).end("a", BROKEN);
    expect(play.states()).toEqual({ a: "failed", b: "waiting", c: "started" });
    expect(play.plan).toMatchObject({
      ...{ state: "running", managerRuns: 0, wakes: [] },
      asked: {
        revision: { retry: [{ node: "a" }] },
        exceeds: { stopped: { node: "a", why: expect.stringContaining("The sum is wrong") } },
      },
    });
    expect(play.end("c").plan.state).toBe("running");
  });

  test("that a person cancelled, or whose work did not fit three times, is not tried again by itself", () => {
    const cancelled: Outcome = { kind: "cancelled", reason: { kind: "command", by: "maintainer" } };
    const conflict: Outcome = { kind: "agent_failed", reason: "conflict", message: "src/a.ts", lastLines: "" };
    expect(playing([node("a")]).end("a", cancelled).plan.managed?.wakes).toMatchObject([{ kind: "failed" }]);
    expect(playing([node("a")]).end("a", conflict).plan.managed?.wakes).toMatchObject([{ kind: "conflict" }]);
  });

  test("and that has nothing to change is done when its agent changed nothing", () => {
    const nothing: Outcome = { kind: "no_changes", lastWords: "All is well." };
    expect(
      playing([node("a", { scope: [] })])
        .end("a", nothing)
        .states().a,
    ).toBe("merged");
    expect(
      playing([node("a")])
        .end("a", nothing)
        .states().a,
    ).toBe("started");
  });
});

describe("the manager", () => {
  const failing = () => {
    const play = playing([node("a"), node("b", { after: ["a"] }), node("c")]);
    return play.end("a", CONFLICTED);
  };

  test("that has changed nothing leaves those out which build on what failed", () => {
    const play = failing().managed();
    expect(play.states()).toEqual({ a: "failed", b: "skipped", c: "started" });
    expect(play.end("c").plan.state).toBe("finishing");
  });

  test("is still at work as long as its run waits for an answer", () => {
    const play = failing();
    const reason = { for: "answer" as const, question: "q1", onNoAnswer: "go_on" as const, until: T0 };
    play.judge(teamTask(2, { name: "waiting", since: T0, reasons: [reason] }));
    expect([play.plan.state, play.states().b]).toEqual(["managing", "waiting"]);
  });

  test("is woken once more by what came up meanwhile, and no more than so often", () => {
    const nodes = ["a", "b", "c"].map((id) => node(id));
    const play = playing(nodes, { caps: { width: 3, nodes: 12, depth: 2, runsPerNode: 4, managerRuns: 2 } });
    play.end("a", CONFLICTED).end("b", CONFLICTED);
    expect(play.plan).toMatchObject({ state: "managing", managerRuns: 1, wakes: [{ node: "b" }] });
    play.managed();
    expect(play.plan).toMatchObject({ state: "managing", managerRuns: 2, wakes: [] });
    play.managed().end("c", CONFLICTED);
    expect(play.plan).toMatchObject({ state: "finishing", managerRuns: 2 });
  });

  test("whose runs are used up is no hope for anything", () => {
    const caps = { width: 3, nodes: 12, depth: 2, runsPerNode: 4, managerRuns: 0 };
    const play = playing([node("a"), node("b", { after: ["a"] })], { caps });
    expect(play.end("a", CONFLICTED).states()).toEqual({ a: "failed", b: "skipped" });
    expect(play.plan.state).toBe("finishing");
  });
});

describe("a plan in which nothing can move", () => {
  const inCircle = () => [node("a", { after: ["b"] }), node("b", { after: ["a"] })];

  test("wakes the manager at once, and ends when that does not help", () => {
    const play = playing(inCircle());
    expect(play.plan).toMatchObject({ state: "managing", managed: { wakes: [{ kind: "stuck" }] } });
    play.managed();
    expect(play.states()).toEqual({ a: "skipped", b: "skipped" });
    expect(play.plan.state).toBe("finishing");
  });

  test("goes on when the manager has opened the way", () => {
    const play = playing(inCircle());
    play.managed((plan) => ({
      ...plan,
      revision: 2,
      nodes: plan.nodes.map((each) => (each.id === "a" ? { ...each, after: [] } : each)),
    }));
    expect(play.states()).toEqual({ a: "started", b: "waiting" });
  });

  test("because a node is named that there is not leaves out what stands behind it", () => {
    const play = playing([node("a", { after: ["nowhere"] }), node("b")]);
    expect(play.states()).toEqual({ a: "skipped", b: "started" });
  });
});

test("the plan of a team that is over is over, and nothing of it goes on", () => {
  const play = playing([node("a"), node("b", { after: ["a"] }), node("c")]).end("a");
  const closed = closePlan(play.plan, T0 + 1) as Plan;
  expect(closed.nodes.map(({ state }) => state.name)).toEqual(["merged", "cancelled", "cancelled"]);
  expect(closed.state).toBe("over");
  expect(closePlan(closed, T0 + 2)).toBeUndefined();
  expect(judgePlan(closed, { team: teamTask(), tasks: new Map(), now: T0 })).toBeUndefined();
});

test("what happened to a plan is remembered in order, and bounded", () => {
  const play = playing([node("a"), node("b", { after: ["a"] })]).end("a");
  expect(play.whatHappened()).toEqual(["started a", "merged a", "started b"]);
});
