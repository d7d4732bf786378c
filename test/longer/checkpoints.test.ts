/** What an agent has made is kept until it is published: GitHub refuses it, the agent runs out of time, the host dies. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, expect, test } from "vitest";
import { checkpointDir, findCheckpoints } from "../../workers/checkpoints/checkpoint-store.ts";
import { exportToFolder } from "../../workers/checkpoints/export-checkpoint.ts";
import { type Orch, startOrch, type WrittenAgent } from "../support/orch.ts";

let orch: Orch;
afterEach(() => orch.close());

/** Repairs the calculator, and does not come to an end. */
const edits: WrittenAgent = {
  kind: "plain",
  command: ["sh", "-c", "cat > /dev/null; sed -i 's/a - b/a + b/' add.js; echo I am at it; sleep 600"],
  ...{ env: {}, passEnv: [], readable: [] },
};

/** Somebody pushes to the default branch. */
async function pushNews({ dir, repository }: Orch): Promise<void> {
  const clone = join(dir, "somebodys-clone");
  const git = (...args: string[]) =>
    execa("git", ["-C", clone, "-c", "user.name=m", "-c", "user.email=m@x.y", ...args]);
  await execa("git", ["clone", "--quiet", join(dir, "github/repositories", `${repository.id}.git`), clone]);
  writeFileSync(join(clone, "NEWS.md"), "news\n");
  await git("add", "NEWS.md");
  await git("commit", "--quiet", "--message=News");
  await git("push", "--quiet");
}

const PUSH = { method: "POST", path: /\/git-receive-pack$/ };

/** How often an agent was let go, for whichever task. */
const agentsStarted = (): number => orch.host.log().match(/"step":"agent-1"/g)?.length ?? 0;

test("GitHub takes no push: the finished work is kept, and `/orch retry` publishes it without the agent", async () => {
  orch = await startOrch({ agent: "fixes", limits: { publishingMinutes: 0.05 } });
  const place = await orch.place();
  const refusing = orch.simulator.faults.api({ times: 10_000, match: PUSH, action: { status: 502 } });
  const first = await orch.command("/orch fix the tests", place);
  await orch.told(first.taskId);
  const kept =
    /What the agent made, 1 commit with 1 changed file, is kept on the worker host [\s\S]*`\/orch retry t[a-z2-7]{7}`: that publishes/;
  expect(await orch.progressComment(kept, { ...place, task: first.taskId })).toBeTruthy();
  expect(orch.simulator.state.pulls(place.repository)).toHaveLength(0);

  const second = await orch.command("/orch retry", place); // refused once more: the work is kept as this task's
  await orch.told(second.taskId);
  refusing.cancel();
  const third = await orch.command("/orch retry", place);
  expect(await orch.told(third.taskId)).toMatchObject({ kind: "pull_request" });
  const told = new RegExp(`Publishes what task \`${second.taskId}\` had finished; the agent did not run again`);
  expect(await orch.progressComment(told, { ...place, task: third.taskId })).toBeTruthy();
  expect(agentsStarted()).toBe(1);
  expect(orch.simulator.state.pulls(place.repository)).toHaveLength(1);
}, 180_000);

test("another commit on the base, or another agent: the agent works again", async () => {
  orch = await startOrch({ agent: "fixes", limits: { publishingMinutes: 0.05 } });
  const refusing = orch.simulator.faults.api({ times: 10_000, match: PUSH, action: { status: 502 } });
  const first = await orch.command("/orch fix the tests");
  await orch.told(first.taskId);
  refusing.cancel();
  await pushNews(orch);
  const second = await orch.command("/orch retry");
  expect(await orch.told(second.taskId)).toMatchObject({ kind: "pull_request" });
  expect(agentsStarted()).toBe(2);
}, 180_000);

test("the agent runs out of time: what it had not committed is kept, and can be got out", async () => {
  orch = await startOrch({ agent: "edits", agents: { edits }, limits: { totalMinutes: 0.1 } });
  const { taskId } = await orch.command("/orch fix the tests");
  expect(await orch.told(taskId)).toMatchObject({ kind: "timed_out", deadline: "total" });
  const kept = new RegExp(`What the agent made, 1 changed file, is kept .*\`orch checkpoint ${taskId}\``);
  expect(await orch.progressComment(kept)).toBeTruthy();
  const dataDir = join(orch.dir, "data");
  const [found] = findCheckpoints(dataDir);
  if (!found) throw new Error("there is no checkpoint");
  const rescued = join(orch.dir, "rescued");
  await exportToFolder({ ...found, store: checkpointDir(dataDir, found.taskId) }, rescued);
  expect(readFileSync(join(rescued, "add.js"), "utf8")).toContain("a + b");
}, 120_000);
