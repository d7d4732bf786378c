/** The agents of a team say things to each other, and one of them cannot go on without a person. */
import { spawnSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runOrch } from "../cli/run-orch.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "team-talks", slots: 4 });
});
afterAll(() => orch.close());

const CALLS = /the agent of node <code>two<\/code>|the agent of node `two` of the team/;

/** Asked for, planned and approved. */
async function working(request: string): Promise<{ at: Place; taskId: string }> {
  const at = await orch.place({ agent: "team-talks", verify: "true" });
  const { taskId } = await orch.command(`/orch team ${request}`, at);
  const { proposal } = await orch.task(
    taskId,
    ({ state, proposal: made }) => state.name === "waiting" && made !== undefined,
  );
  await orch.command(`/orch approve ${proposal?.name}`, at);
  return { at, taskId };
}

const calls = (at: Place) => orch.botComments(at).filter(({ body }) => CALLS.test(body));

async function fileOf({ repository }: Place, taskId: string, name: string): Promise<string | undefined> {
  const { pushed } = (await orch.store.read(taskId)) ?? {};
  return pushed && orch.simulator.state.fileAt(repository, pushed.branch, name);
}

const fates = async (taskId: string) =>
  (await orch.store.messages.sent(taskId)).map(({ by, to, kind, fate }) => [by, to, kind, fate]);

const both = [
  ["one", "two", "handoff", "delivered"],
  ["two", "one", "answer", "delivered"],
];

test("two nodes talk, a blocker goes past the manager to a person, and there is one pull request", async () => {
  const { at, taskId } = await working("write the files");
  const call = await orch.simulator.waitFor(() => calls(at)[0], 120_000);
  expect(call.body).toMatch(
    /^@maintainer, the agent of node `two` .* cannot go on without you \(blocker `q\w+`, access\):/,
  );
  expect(call.body).not.toMatch(/@octocat\b(?![^<]*<\/code>)/);
  const plan = await orch.store.plans.read(taskId);
  expect(plan).toMatchObject({ managerRuns: 1 });
  await orch.command("/orch answer use the mock", at);
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  expect(await fileOf(at, taskId, "one.txt")).toBe("Heard: The word is tabs\n");
  expect(await fileOf(at, taskId, "two.txt")).toBe("The word is tabs, use the mock\n");
  expect(await fates(taskId)).toEqual(both);
  expect(calls(at)).toHaveLength(1);
  expect(orch.asked(at).pulls).toBe(1);
  const env = { REDIS_URL: orch.redisServer.url };
  const { stdout } = await runOrch(["messages", taskId, "--json"], { cwd: orch.dir, env });
  expect(JSON.parse(stdout)).toMatchObject({ counts: { sent: 2, delivered: 2, dead: 0 } });
});

/** The windows of the team's session, as whoever attaches finds them. */
function windows(taskId: string): string[] {
  const [socket = ""] = globSync(join(orch.dir, "**", "host", "tmux", "orch-*"));
  const asked = spawnSync("tmux", ["-S", socket, "list-windows", "-t", `=team-${taskId}:`, "-F", "#{window_name}"], {
    encoding: "utf8",
  });
  return asked.stdout.split("\n").filter((name) => name !== "");
}

test("the host dies between a message and its reader: it is read once, after the restart", async () => {
  const { at, taskId } = await working("write the files, and linger");
  await expect.poll(async () => (await fates(taskId)).length, { timeout: 120_000 }).toBe(1);
  const shown = expect.arrayContaining(["team", "one", "two"]);
  await expect.poll(() => windows(taskId), { timeout: 60_000 }).toEqual(shown);
  await orch.host.kill();
  expect(windows(taskId)).toEqual(shown);
  await orch.host.start();
  await orch.letGo();
  await orch.simulator.waitFor(() => calls(at)[0], 120_000);
  await orch.command("/orch answer use the mock", at);
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  expect(await fileOf(at, taskId, "two.txt")).toBe("The word is tabs, use the mock\n");
  expect(await fates(taskId)).toEqual(both);
});
