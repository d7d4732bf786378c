/** The worker host of a team is killed, at whichever moment: what its nodes do goes on where it was, and no try is spent. */
import { existsSync, globSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { makeHostKiller } from "../support/kill-host.ts";
import type { Orch } from "../support/orch.ts";
import { type PlanAtWork, startPlanAtWork } from "../support/plan-at-work.ts";
import { mergedNodes, startScripted, turnsBegun, untilLetGo } from "../support/scripted-team.ts";

let orch: Orch;
let killer: ReturnType<typeof makeHostKiller> | undefined;
afterEach(async () => {
  killer?.close();
  killer = undefined;
  await orch.close();
});

async function startWith(...given: Parameters<typeof startScripted>): Promise<void> {
  orch = await startScripted(...given);
}

/** The agent itself says so. */
const begun = (task: string) => expect.poll(() => orch.agentOutput(task), { timeout: 60_000 }).toContain("begun");

const ended = (task: string, step: string) => {
  const [folder = ""] = globSync(join(orch.dir, "data/host/runs", `${task}-*`));
  return expect.poll(() => existsSync(join(folder, step, "exit")), { timeout: 30_000 }).toBe(true);
};

async function expectNoTrySpent({ plan }: PlanAtWork): Promise<void> {
  const { nodes = [] } = (await orch.store.plans.read(plan)) ?? {};
  const stand = nodes.map(({ id, state, tries }) => ({ id, state: state.name, tries: tries.length }));
  expect(stand.length).toBeGreaterThan(0);
  expect(stand).toEqual(stand.map(({ id }) => ({ id, state: "merged", tries: 1 })));
}

/** Asks, for no longer than its program waits for anything, and ends its turn; with the answer it does its part. */
const ASKS = `if printf '%s' "$prompt" | grep -q 'answers:'; then
  printf '%s' "$prompt" | sed -n 's/^> //p' | tail -n 1 > chosen; git add chosen; git commit -qm chosen
else
  echo begun; ${untilLetGo("ask")}
  timeout 1 orch-agent ask 'Tabs or spaces?' --to person || echo given up
  ${untilLetGo("end")}
fi`;

test.each([
  ["ends its turn before the host is back", "before"],
  ["ends its turn when the host is back", "after"],
])(
  "an agent asks while the host is dead, is not heard and %s: it asks anew, and no try is spent",
  async (_, when) => {
    await startWith({ one: ASKS });
    const team = await startPlanAtWork(orch, [{ id: "one" }]);
    const task = team.task("one");
    await begun(task);
    await orch.host.kill();
    await orch.letGo("ask");
    if (when === "before") await orch.letGo("end");
    if (when === "before") await ended(task, "agent-1");
    else await expect.poll(() => orch.agentOutput(task), { timeout: 30_000 }).toContain("given up");
    await orch.host.start();
    await orch.host.logged(/run taken up again/);
    await orch.letGo("end");
    const { state } = await orch.task(task, ({ state: { name } }) => name === "settled" || name === "waiting");
    expect(state).toMatchObject({ name: "waiting", reasons: [{ for: "answer" }] });
    await orch.command("/orch answer tabs");
    expect(await orch.settled(task)).toMatchObject({ kind: "merged" });
    expect(team.git("show", "refs/remotes/origin/integration:chosen")).toBe("tabs");
    expect(await orch.told(team.plan)).toMatchObject({ kind: "pull_request" });
    await expectNoTrySpent(team);
    expect((await orch.store.read(task))?.questions).toHaveLength(1);
  },
  120_000,
);

async function restart(): Promise<void> {
  await orch.host.kill();
  await orch.host.start();
}

/** As a change of the node's own; with the place where its check is let go. */
const add = (name: string) => `echo "$STAGE" > stage; touch ${name}; git add stage ${name}; git commit -qm ${name}`;
/** Waits where the work of two nodes has come together. */
const CHECK = `if [ -e one ] && [ -e two ]; then
  echo together; until [ -e "$(cat stage)/checked" ]; do sleep 0.1; done
fi
`;

/** Its first turn says what it has decided while nobody hears it, and for no longer than its program waits. */
const MANAGES = `case "$prompt" in *"was away for a while"*) orch-agent call plan '{"retry":[{"node":"one"}]}' ;;
*) echo begun; ${untilLetGo("decide")}; timeout 1 orch-agent call plan '{"retry":[{"node":"one"}]}' || true ;;
esac`;

describe("the worker host is killed and started again", () => {
  test("while a node waits for an answer", async () => {
    await startWith({ one: ASKS });
    const team = await startPlanAtWork(orch, [{ id: "one" }]);
    await orch.letGo("ask");
    await orch.letGo("end");
    await orch.task(team.task("one"), ({ state }) => state.name === "waiting");
    await restart();
    await orch.command("/orch answer tabs");
    expect(await orch.told(team.plan)).toMatchObject({ kind: "pull_request" });
    await expectNoTrySpent(team);
  }, 120_000);

  test("while one node's work is checked together with another's, and a third one waits behind it", async () => {
    await startWith(
      {
        one: add("one"),
        two: `${untilLetGo("two")}; ${add("two")}`,
        three: `${untilLetGo("three")}; ${add("three")}`,
      },
      { repositoryFile: "verify: sh check.sh\n", files: { "check.sh": CHECK }, slots: 3 },
    );
    const team = await startPlanAtWork(orch, [{ id: "one" }, { id: "two" }, { id: "three" }]);
    const [one = "", two = "", three = ""] = ["one", "two", "three"].map((node) => team.task(node));
    expect(await orch.settled(one)).toMatchObject({ kind: "merged" });
    await orch.letGo("two");
    await orch.host.logged(new RegExp(`"task":"${two}"[^\n]*"step":"verify-1-merged"`));
    await orch.letGo("three");
    await orch.host.logged(new RegExp(`"task":"${three}"[^\n]*"step":"verify-1"`));
    await ended(three, "verify-1");
    await restart();
    await orch.host.logged(/run taken up again/);
    await orch.letGo("checked");
    expect(await orch.told(team.plan)).toMatchObject({ kind: "pull_request" });
    await expectNoTrySpent(team);
    expect(mergedNodes(team).sort()).toEqual(["one", "three", "two"]);
    for (const task of [two, three]) expect(turnsBegun(orch, task)).toBe(1);
  }, 180_000);

  test("while its manager decides, and is not heard: the manager says it once more", async () => {
    const fails = `test -e "$STAGE/works" || exit 1; ${add("one")}`;
    await startWith({ one: fails, manager: MANAGES });
    const team = await startPlanAtWork(orch, [{ id: "one", onFailure: "stop" }], { manager: "by-script" });
    // What becomes of it is a person's to say, who leaves it to the manager.
    const shown = await orch.progressComment(/`\/orch approve p[0-9a-f]{12}`/, { task: team.plan });
    await orch.command(`/orch plan ${/p[0-9a-f]{12}/.exec(shown)?.[0]} see to it`);
    await orch.task(team.plan, ({ state }) => state.name === "running");
    await begun(team.plan);
    await orch.host.kill();
    await orch.letGo("works");
    await orch.letGo("decide");
    await ended(team.plan, "agent-1");
    await orch.host.start();
    expect(await orch.told(team.plan)).toMatchObject({ kind: "pull_request" });
    expect(mergedNodes(team)).toEqual(["one"]);
    expect(await orch.store.plans.read(team.plan)).toMatchObject({ managerRuns: 1 });
  }, 180_000);

  test("before the whole is pushed, and once more right after: it is published once", async () => {
    killer = makeHostKiller(["push"], { only: ["push"] });
    await startWith({ one: `${untilLetGo("one")}; ${add("one")}` }, { hostEnv: killer.env });
    const team = await startPlanAtWork(orch, [{ id: "one" }]);
    await orch.running(team.task("one"), "working");
    const published = killer.during(orch, 2, orch.told(team.plan));
    await orch.letGo("one");
    expect(await published).toMatchObject({ kind: "pull_request" });
    expect(killer.deaths()).toEqual(["push", "push, done"]);
    await expectNoTrySpent(team);
    expect(orch.simulator.state.pulls(orch.repository)).toHaveLength(1);
  }, 240_000);
});
