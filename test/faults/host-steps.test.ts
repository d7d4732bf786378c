/**
 * The worker host is killed before each kind of git program that it starts from the agent's last word to the push, when the push is
 * done and it has not heard so, and while it takes a checkpoint. One pull request, or one whole checkpoint, is there afterwards.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { progressOf } from "../../src/task/task.ts";
import { checkpointDir, findCheckpoints } from "../../workers/checkpoints/checkpoint-store.ts";
import { exportToFolder } from "../../workers/checkpoints/export-checkpoint.ts";
import { type HostKiller, makeHostKiller } from "../support/kill-host.ts";
import { type Orch, startOrch, type WrittenAgent } from "../support/orch.ts";

let orch: Orch;
let killer: HostKiller;
afterEach(async () => {
  await orch.close();
  killer.close();
});

/** Dying three times of one task a host gives it up. */
const DEATHS_OF_A_TASK = 2;
/** What is left to do after an end is taken up once: it may be what the host dies of. */
const DEATHS_OF_AN_END = 1;

test("of publishing: one agent, one branch and one pull request of each task", { timeout: 400_000 }, async () => {
  killer = makeHostKiller(["push"]);
  orch = await startOrch({ agent: "waits", hostEnv: killer.env });
  let before = -1;
  for (let round = 1; killer.deaths().length > before; round++) {
    before = killer.deaths().length;
    const place = await orch.place({}, { "wait-for": `go-${round}\n` });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    const told = orch.letGo(`go-${round}`).then(() => orch.told(taskId));
    expect(await killer.during(orch, DEATHS_OF_A_TASK, told)).toMatchObject({ kind: "pull_request" });
    expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
    expect(Object.keys(orch.simulator.state.branches(place.repository))).toHaveLength(2);
    expect(orch.botComments(place)).toHaveLength(1);
    expect((await orch.agentOutput(taskId)).match(/I wait to be let go/g)?.length ?? 0).toBeLessThan(2);
  }
  expect(killer.deaths()).toEqual(expect.arrayContaining(["commit-tree", "fetch", "push", "push, done"]));
});

/** Commits, goes on, and does not come to an end. */
const edits: WrittenAgent = {
  kind: "plain",
  command: [
    "sh",
    "-c",
    "cat > /dev/null; sed -i 's/a - b/a + b/' add.js; git commit -qam Repair; echo more > notes.txt; echo I am at it; sleep 600",
  ],
  ...{ env: {}, passEnv: [], readable: [] },
};

test("of a checkpoint: it is whole, and told once", { timeout: 400_000 }, async () => {
  killer = makeHostKiller(["fetch", "update-ref"]);
  orch = await startOrch({ agent: "edits", agents: { edits }, hostEnv: killer.env });
  const dataDir = join(orch.dir, "data");
  const rescued = mkdtempSync(join(tmpdir(), "orch-rescued-"));
  for (let before = -1; killer.deaths().length > before; ) {
    before = killer.deaths().length;
    const place = await orch.place({ agent: "edits" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I am at it") === true);
    const kept = orch
      .command("/orch cancel", place)
      .then(() => orch.task(taskId, ({ runs }) => runs.at(-1)?.checkpoint !== undefined));
    await killer.during(orch, DEATHS_OF_AN_END, kept);
    expect(await orch.told(taskId)).toMatchObject({ kind: "cancelled" });
    expect(
      await orch.progressComment(/1 commit with 2 changed files, is kept/, { ...place, task: taskId }),
    ).toBeTruthy();
    const found = findCheckpoints(dataDir).find((each) => each.taskId === taskId);
    if (!found) throw new Error("there is no checkpoint");
    await exportToFolder({ ...found, store: checkpointDir(dataDir, found.taskId) }, join(rescued, taskId));
    expect(readFileSync(join(rescued, taskId, "add.js"), "utf8")).toContain("a + b");
    expect(readFileSync(join(rescued, taskId, "notes.txt"), "utf8")).toBe("more\n");
  }
  rmSync(rescued, { recursive: true });
  expect(killer.deaths()).toEqual(expect.arrayContaining(["fetch", "fetch, done", "update-ref", "update-ref, done"]));
});
