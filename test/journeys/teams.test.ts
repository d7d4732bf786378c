/** A team: what is asked for, what its planner makes of it, what people decide, and what comes of it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { runOrch } from "../cli/run-orch.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "teams", slots: 4 });
});
afterAll(() => orch.close());

const place = () => orch.place({ agent: "teams", verify: "true" });

/** Waits until the comment shows a plan that is another one than `not`. */
async function proposed(taskId: string, at: Place, not = ""): Promise<string> {
  const { proposal } = await orch.task(
    taskId,
    ({ state, proposal: made }) => state.name === "waiting" && made !== undefined && made.name !== not,
  );
  const name = proposal?.name ?? "";
  await orch.progressComment(new RegExp(`Plan \`${name}\``), { ...at, task: taskId });
  return name;
}

const answered = (at: Place, pattern: RegExp) =>
  vi.waitFor(() => expect(orch.botComments(at).at(-1)?.body).toMatch(pattern), { timeout: 20_000, interval: 20 });

/** A file of what the host keeps of the task, by the operator's command. */
async function gotOut(taskId: string, file: string): Promise<string> {
  const folder = join(orch.dir, `got-out-${taskId}`);
  const env = { ORCH_DATA: join(orch.dir, "data") };
  const { stdout, stderr } = await runOrch(["checkpoint", taskId, "--to", folder], { cwd: orch.dir, env });
  expect([stdout, stderr]).toEqual([expect.stringContaining("on the branch orch-checkpoint"), ""]);
  return readFileSync(join(folder, file), "utf8");
}

describe("where one agent is enough", () => {
  test("the planner says so, does it itself, and the comment says why", async () => {
    const at = await place();
    const { taskId } = await orch.command("/orch team write it as one agent would", at);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await orch.progressComment(/One agent does it instead of a team: It is one file\./, { ...at, task: taskId });
    const task = await orch.store.read(taskId);
    expect(task?.runs.map(({ end }) => end)).toEqual(["parked", "pull_request"]);
    const branch = task?.pushed?.branch ?? "";
    expect(orch.simulator.state.fileAt(at.repository, branch, "alone.txt")).toBe("alone\n");
    expect(orch.simulator.state.fileAt(at.repository, branch, "planned.txt")).toBeUndefined();
  });

  test("a planner that hands in nothing is told so once", async () => {
    const at = await place();
    const { taskId } = await orch.command("/orch team write it without a word", at);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const comment = await orch.progressComment(/One agent does it instead of a team: I forgot/, {
      ...at,
      task: taskId,
    });
    expect(comment).not.toMatch(/@octocat(?!<)/);
  });
});

describe("a plan", () => {
  test("is shown as a graph and a table, whole, and made anew with what a person wants to be different", async () => {
    const at = await place();
    const { taskId } = await orch.command("/orch team write the files", at);
    const name = await proposed(taskId, at);
    const comment = await orch.progressComment(/flowchart LR/, { ...at, task: taskId });
    expect(comment).toContain("n1 --> n4");
    expect(comment).toMatch(/\| `one` .*\| developer \| `one\.txt` \|/);
    expect(comment).toContain(`\`/orch approve ${name}\``);
    expect(comment).toContain("Say one in it");
    await orch.command(`/orch plan ${name} write a fourth one`, at);
    const next = await proposed(taskId, at, name);
    await orch.command(`/orch approve ${name}`, at);
    await answered(at, new RegExp(`no proposal \`${name}\`.*The current one is \`${next}\``, "s"));
    orch.simulator.createUser("stranger");
    await orch.command(`/orch approve ${next}`, { ...at, as: "stranger" });
    await answered(at, /stranger/);
    expect((await orch.store.read(taskId))?.proposal?.decision).toBeUndefined();
    await orch.command("/orch cancel", at);
    expect(await orch.settled(taskId)).toMatchObject({ kind: "cancelled" });
  });
});

describe("a plan that is approved", () => {
  test("is worked through by its team: one pull request with a commit for each node, and one comment that says who did what", async () => {
    const at = await place();
    const { taskId } = await orch.command("/orch team write the files", at);
    const name = await proposed(taskId, at);
    await orch.command(`/orch approve ${name}`, at);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const task = await orch.store.read(taskId);
    const branch = task?.pushed?.branch ?? "";
    for (const file of ["one", "two", "three", "last"])
      expect(orch.simulator.state.fileAt(at.repository, branch, `${file}.txt`)).toBe(`${file}\n`);
    expect(task?.pushed?.commits).toBe(4);
    expect(orch.simulator.state.pulls(at.repository)).toHaveLength(1);
    const comment = await orch.progressComment(/Who did what/, { ...at, task: taskId });
    expect(comment.match(/✅ merged/g)).toHaveLength(4);
    expect(orch.botComments(at)).toHaveLength(1);
    const [pull] = orch.simulator.state.pulls(at.repository);
    expect(pull?.body).toMatch(/Who did what.*`last`/s);
  });

  test("of which something could not be done is published in part, and says first what is missing", async () => {
    const at = await place();
    const { taskId } = await orch.command("/orch team write the files where one fails", at);
    await orch.command(`/orch approve ${await proposed(taskId, at)}`, at);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request", missing: [{ node: "two" }] });
    await orch.progressComment(/Done in part.*This is not all that the plan was to bring.*`two`/s, {
      ...at,
      task: taskId,
    });
    const [pull] = orch.simulator.state.pulls(at.repository);
    expect(pull?.body).toMatch(/^> \[!WARNING\]\n> This is not all/);
    const branch = (await orch.store.read(taskId))?.pushed?.branch ?? "";
    expect(orch.simulator.state.fileAt(at.repository, branch, "last.txt")).toBe("last\n");
    expect(orch.simulator.state.fileAt(at.repository, branch, "two.txt")).toBeUndefined();
  });

  test("is cancelled with all that works on it, and says where what was made by then is kept, which can be got out", async () => {
    const at = await place();
    const { taskId } = await orch.command("/orch team write the files, slowly", at);
    await orch.command(`/orch approve ${await proposed(taskId, at)}`, at);
    await orch.progressComment(/A team works on it.*1 of 4 nodes merged.*at work/s, { ...at, task: taskId });
    await orch.command("/orch status", at);
    await answered(at, /- \*\*waiting.*write the files, slowly.*\n {2}- `one` Write one\.txt: .*developer/);
    await orch.command("/orch why", at);
    await answered(at, new RegExp(`Task \`${taskId}\`.*1 of 4 nodes merged.*- \`last\` Write last\\.txt: waits`, "s"));
    const nodes = await orch.store.readMany(await orch.store.idsOfNodes(taskId));
    expect(nodes).toHaveLength(3);
    const [one = "", two = "", three = ""] = ["one", "two", "three"].map(
      (id) => nodes.find(({ spec }) => spec.node?.id === id)?.spec.id,
    );
    for (const task of [two, three]) await expect.poll(() => orch.agentOutput(task)).toContain("half of");
    await orch.command(`/orch cancel ${three}`, at);
    expect(await orch.settled(three)).toMatchObject({ kind: "cancelled" });
    await orch.command("/orch cancel", at);
    expect(await orch.told(taskId)).toMatchObject({ kind: "cancelled" });
    expect(await orch.settled(two)).toMatchObject({ kind: "cancelled" });
    expect(await orch.settled(one)).toMatchObject({ kind: "merged" });
    const kept = (id: string, task: string) =>
      new RegExp(
        `\`${id}\`: What the agent made, 1 changed file, is kept on the worker host.*\`orch checkpoint ${task}\``,
      );
    const comment = await orch.progressComment(kept("two", two), { ...at, task: taskId });
    await orch.progressComment(kept("three", three), { ...at, task: taskId });
    const keptOfOne = `What is merged of \`one\` is kept on the worker host.*\`orch checkpoint ${taskId}\``;
    expect(comment).toMatch(new RegExp(keptOfOne));
    expect(await gotOut(two, "two.txt")).toBe("half\n");
    expect(await gotOut(three, "three.txt")).toBe("half\n");
    expect(await gotOut(taskId, "one.txt")).toBe("one\n");
  });
});

test("a plan as small as the repository's file says begins without a person's word, and says so", async () => {
  const team = { approval: "auto", nodes: 4, budget: "$4" };
  const at = await orch.place({ agent: "teams", verify: "true", team });
  const { taskId } = await orch.command("/orch team write the files", at);
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  await orch.progressComment(/Nobody had to approve the plan/, { ...at, task: taskId });
});

test("what its manager wants beyond the plan is asked of a person while the rest goes on, and done once that is approved", async () => {
  const at = await place();
  const { taskId } = await orch.command("/orch team write the files, needing a fifth", at);
  await orch.command(`/orch approve ${await proposed(taskId, at)}`, at);
  const shown = await orch.progressComment(
    /A change of the plan, `p[0-9a-f]{12}`, waits for a word.*files that no node of the plan might change so far: `five\.txt`/s,
    { ...at, task: taskId },
  );
  const [, name = ""] = /A change of the plan, `(p[0-9a-f]{12})`/.exec(shown) ?? [];
  expect(shown).toContain("Write five.txt. Say five in it.");
  expect(shown).toContain(`\`/orch approve ${name}\``);
  // All that does not depend on it is done meanwhile, and nothing is published without an answer.
  await orch.progressComment(/waits for approval.*4 of 4 nodes merged/s, { ...at, task: taskId });
  expect(orch.simulator.state.pulls(at.repository)).toEqual([]);
  const { stdout } = await runOrch(["status"], { cwd: orch.dir, env: { REDIS_URL: orch.redisServer.url } });
  expect(stdout).toContain(`a word about a change of its team's plan: \`/orch approve ${name}\``);
  await orch.command(`/orch approve ${name}`, at);
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  const branch = (await orch.store.read(taskId))?.pushed?.branch ?? "";
  for (const file of ["two", "five", "last"])
    expect(orch.simulator.state.fileAt(at.repository, branch, `${file}.txt`)).toBe(`${file}\n`);
  await orch.progressComment(/Who did what.*`five`/s, { ...at, task: taskId });
});
