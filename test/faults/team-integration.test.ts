/** What the nodes of a plan have done comes together: it fits, it conflicts, it fails together, it failed before; the host dies. */
import { afterEach, expect, test, vi } from "vitest";
import { makeHostKiller } from "../support/kill-host.ts";
import type { Orch } from "../support/orch.ts";
import { type PlanAtWork, startPlanAtWork } from "../support/plan-at-work.ts";
import { INTEGRATION, mergedNodes, startScripted, turnsBegun, untilLetGo } from "../support/scripted-team.ts";

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

const nodes = (...ids: string[]) => ids.map((id) => ({ id }));
const show = ({ git }: PlanAtWork, path: string) => git("show", `${INTEGRATION}:${path}`);
const WAIT = untilLetGo("go");
/** Both have begun, from the same commit, before either is merged: `one` begins its work then. */
const FIRST = untilLetGo("begin");

async function beginBoth(team: PlanAtWork): Promise<void> {
  for (const node of ["one", "two"]) await orch.running(team.task(node), "working");
  await orch.letGo("begin");
}
const edit = (line: string) => `echo ${line} > line; git commit -qam ${line}`;

test("two nodes change one line: the second one hears of the conflict, resolves it, and is merged", async () => {
  const resolve = `git merge -q "$tip" || { echo "one two" > line; git add line; git commit -qm Merge; }`;
  await startWith({
    one: `${FIRST}; ${edit("one")}`,
    two: `if [ -z "$tip" ]; then ${edit("two")}; ${WAIT}; else ${resolve}; fi`,
  });
  const team = await startPlanAtWork(orch, nodes("one", "two"));
  await beginBoth(team);
  expect(await orch.settled(team.task("one"))).toMatchObject({ kind: "merged", files: 1, additions: 1, deletions: 1 });
  const tip = team.git("rev-parse", INTEGRATION);
  await orch.letGo();
  expect(await orch.settled(team.task("two"))).toMatchObject({ kind: "merged" });
  expect(turnsBegun(orch, team.task("two"))).toBe(2);
  expect(show(team, "line")).toBe("one two");
  expect(mergedNodes(team)).toEqual(["one", "two"]);
  expect(team.git("rev-parse", `${INTEGRATION}^`)).toBe(tip);
}, 120_000);

test("a node that does not resolve its conflict is asked three times, and ends as one that conflicts", async () => {
  await startWith({
    one: edit("one"),
    two: `if [ -z "$tip" ]; then ${edit("two")}; ${WAIT}; else echo again >> more; git add more; git commit -qm again; fi`,
  });
  const team = await startPlanAtWork(orch, nodes("one", "two"));
  await beginBoth(team);
  await orch.settled(team.task("one"));
  await orch.letGo();
  expect(await orch.settled(team.task("two"))).toMatchObject({
    ...{ kind: "agent_failed", reason: "conflict" },
    message: expect.stringMatching(/in `line`\. The agent was asked 3 times to fix this/),
  });
  expect(turnsBegun(orch, team.task("two"))).toBe(4);
  expect(mergedNodes(team)).toEqual(["one"]);
}, 120_000);

/** Fails when both are there. */
const TOGETHER = { "check.sh": "if [ -e one ] && [ -e two ]; then echo 'Error: one and two'; exit 1; fi\n" };
const add = (name: string) => `touch ${name}; git add ${name}; git commit -qm ${name}`;
const verify = "verify: sh check.sh\n";

test("two that merge cleanly and fail together: the second one is handed the failure of both, and mends it", async () => {
  const mend = `git merge -q "$tip"; git mv two zwei; git commit -qm "Make room for one"`;
  await startWith(
    { one: `${FIRST}; ${add("one")}`, two: `if [ -z "$tip" ]; then ${add("two")}; ${WAIT}; else ${mend}; fi` },
    { repositoryFile: verify, files: TOGETHER },
  );
  const team = await startPlanAtWork(orch, nodes("one", "two"));
  await beginBoth(team);
  await orch.settled(team.task("one"));
  await orch.letGo();
  expect(await orch.settled(team.task("two"))).toMatchObject({ kind: "merged" });
  expect(turnsBegun(orch, team.task("two"))).toBe(2);
  expect(mergedNodes(team)).toEqual(["one", "two"]);
  expect(team.git("ls-tree", "--name-only", INTEGRATION).split("\n")).toEqual(expect.arrayContaining(["one", "zwei"]));
}, 120_000);

test("a check that failed before any of the work is not held against it, and is asked of the base once", async () => {
  await startWith(
    { one: add("one"), two: `${WAIT}; ${add("two")}` },
    { repositoryFile: verify, files: { "check.sh": "echo 'Error: never passed'; exit 1\n" } },
  );
  const team = await startPlanAtWork(orch, nodes("one", "two"));
  expect(await orch.settled(team.task("one"))).toMatchObject({ kind: "merged" });
  await orch.letGo();
  expect(await orch.settled(team.task("two"))).toMatchObject({ kind: "merged" });
  expect(mergedNodes(team)).toEqual(["one", "two"]);
  expect(orch.host.log().match(/the check has judged the commit that the plan started from/g)).toHaveLength(1);
}, 120_000);

test("a failure that is the node's own comes back to it, also where the base fails in another way", async () => {
  await startWith(
    { one: `touch bad one; git add one; git commit -qm one || true; git add bad; git commit -qm bad || true` },
    {
      repositoryFile: verify,
      files: { "check.sh": "echo 'Error: before'; [ ! -e bad ] || echo 'Error: bad'; exit 1\n" },
    },
  );
  const team = await startPlanAtWork(orch, nodes("one"));
  expect(await orch.settled(team.task("one"))).toMatchObject({ kind: "verify_failed" });
  expect(mergedNodes(team)).toEqual([]);
}, 120_000);

test("an agent whose checkpoints do not fit hears of it while it works, and has resolved it by the end", async () => {
  const resolve = `git merge -q "$tip" || { echo "one two" > line; git add line; git commit -qm Merge; }`;
  await startWith(
    { one: `${FIRST}; ${edit("one")}`, two: `if [ -z "$tip" ]; then ${edit("two")}; ${WAIT}; else ${resolve}; fi` },
    { limits: { checkpointMinutes: 0.01 } },
  );
  const team = await startPlanAtWork(orch, nodes("one", "two"));
  await beginBoth(team);
  await orch.settled(team.task("one"));
  await vi.waitFor(() => expect(orch.host.log()).toContain("told that its work does not fit"), { timeout: 30_000 });
  await orch.letGo();
  expect(await orch.settled(team.task("two"))).toMatchObject({ kind: "merged" });
  expect(turnsBegun(orch, team.task("two"))).toBe(2);
  expect(show(team, "line")).toBe("one two");
  const sent = await orch.store.messages.sent(team.plan);
  expect(sent).toMatchObject([{ kind: "conflict", to: "two", fate: "delivered" }]);
}, 120_000);

test("the team's last run publishes the plan's tip: one commit for each node, and what is missing", async () => {
  await startWith(
    { one: add("one"), two: add("two"), three: "exit 1" },
    { repositoryFile: verify, files: { "check.sh": "exit 0\n" } },
  );
  const team = await startPlanAtWork(orch, [
    ...nodes("one"),
    { id: "two", after: ["one"], scope: ["nothing/**"] },
    { id: "three", onFailure: "skip" },
  ]);
  expect(await orch.told(team.plan)).toMatchObject({ kind: "pull_request" });
  expect(await orch.settled(team.task("two"))).toMatchObject({ kind: "merged", outside: ["two"] });
  const task = await orch.store.read(team.plan);
  expect(task?.pushed).toMatchObject({ commits: 2, files: 2, missing: [{ node: "three", title: "Do three" }] });
  expect(task?.runs.at(-1)?.progress.verification).toMatchObject({ command: "sh check.sh", exitCode: 0 });
  const bodies = team.git(
    `--git-dir=${orch.dir}/github/repositories/${orch.repository.id}.git`,
    ...["log", "--reverse", "--format=%an|%B%x00", `main..${task?.pushed?.branch}`],
  );
  const [first, second] = bodies.split("\0").map((each) => each.trim());
  const trailers = (node: string) =>
    `Orch-Task: ${team.plan}\nOrch-Epoch: 2\nOrch-Plan: ${team.plan}\nOrch-Node: ${node}\nCo-authored-by: maintainer`;
  expect(first).toMatch(/^\S+\[bot\]\|Do one\n/);
  expect(first).toContain(trailers("one"));
  expect(second).toContain(trailers("two"));
  expect(orch.simulator.state.pulls(orch.repository)).toHaveLength(1);
}, 120_000);

/** Dying three times of one task a host gives it up. */
const DEATHS_OF_A_TASK = 2;
const MOST_ROUNDS = 12;

test("the host dies at each git program of a merge, before it and when it is done: each node is merged once", async () => {
  const merging = ["log", "merge-tree", "pack-objects"];
  killer = makeHostKiller(merging);
  const rounds = Array.from({ length: MOST_ROUNDS }, (_, index) => index + 1);
  const ofRound = (round: number) => ["one", "two"].map((name) => `${name}${String.fromCharCode(96 + round)}`);
  const work = rounds.flatMap((round) =>
    ofRound(round).map((id): [string, string] => [id, `${untilLetGo(`begin-${round}`)}; ${add(id)}`]),
  );
  await startWith(Object.fromEntries(work), { repositoryFile: "verify: 'true'\n", hostEnv: killer.env });
  let before = -1;
  for (let round = 1; killer.deaths().length > before; round++) {
    before = killer.deaths().length;
    const team = await startPlanAtWork(orch, nodes(...ofRound(round)), { nth: round });
    const tasks = ofRound(round).map((node) => team.task(node));
    for (const task of tasks) await orch.running(task, "working");
    const dying = killer.during(orch, DEATHS_OF_A_TASK, Promise.all(tasks.map((task) => orch.settled(task))));
    await orch.letGo(`begin-${round}`);
    expect(await dying).toMatchObject([{ kind: "merged" }, { kind: "merged" }]);
    expect(mergedNodes(team).sort()).toEqual(ofRound(round));
    expect(tasks.map((task) => turnsBegun(orch, task))).toEqual([1, 1]);
  }
  expect(killer.deaths()).toEqual(expect.arrayContaining([...merging, ...merging.map((kind) => `${kind}, done`)]));
}, 400_000);
