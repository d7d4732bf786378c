/**
 * From its second task on a repository's agent is brought up while its files are still being written, and held back until
 * all is ready. Whoever gave the command notices nothing but that it is faster.
 */
import { execFileSync } from "node:child_process";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { progressOf } from "../../src/task/task.ts";
import { descendants } from "../../workers/sandbox/processes.ts";
import { type Orch, startOrch } from "../support/orch.ts";

function isLatch(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("/bin/sh\0-c\0read -r");
  } catch {
    return false; // it has ended
  }
}

describe("an agent is held back until all is ready", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  const runs = (taskId: string, name: string) => globSync(join(orch.dir, `data/host/runs/${taskId}-*`, name));
  const steps = (taskId: string) =>
    orch.host
      .log()
      .split("\n")
      .filter((line) => line.includes(taskId) && line.includes("step runs"))
      .map((line) => JSON.parse(line) as { step: string; adopted: boolean; held: boolean });

  /** Somebody pushes with force. */
  function restoreMain(sha: string): void {
    const bare = join(orch.dir, "github/repositories", `${orch.repository.id}.git`);
    execFileSync("git", [`--git-dir=${bare}`, "update-ref", "refs/heads/main", sha]);
  }

  /** The host knows the repository after this: it has its branches, and its rules. */
  async function firstTask(): Promise<void> {
    const { taskId } = await orch.command("/orch do the first thing");
    await orch.told(taskId);
  }

  /** A task whose agent stands at its latch and waits for what GitHub says about the issue. */
  async function heldTask() {
    const { promise: until, resolve: answer } = Promise.withResolvers<void>();
    const match = { method: "GET", path: new RegExp(`/issues/${orch.issue}/comments$`) };
    const { firing } = orch.simulator.faults.api({ times: 10, match, action: { until } });
    const { taskId } = await orch.command("/orch fix the tests");
    await firing;
    await expect.poll(() => latchOf(taskId), { timeout: 20_000 }).toBeDefined();
    return { taskId, answer, latch: latchOf(taskId) ?? 0 };
  }

  /** The process at which the agent waits, once its sandbox is up. */
  function latchOf(taskId: string): number | undefined {
    const [wrapper = ""] = runs(taskId, "agent-1/pid").map((path) => readFileSync(path, "utf8").split(" ")[0]);
    return wrapper === "" ? undefined : descendants(Number(wrapper)).find(({ pid }) => isLatch(pid))?.pid;
  }

  test("it reads its whole prompt, although that was written after it was brought up", async () => {
    const command = ["/bin/sh", "-c", "cat; exit 1"]; // what failed is kept to be looked at
    const reads = { kind: "plain" as const, command, env: {}, passEnv: [], readable: [] };
    orch = await startOrch({ agent: "reads", agents: { reads } });
    await firstTask();
    const { taskId } = await orch.command("/orch say what you were asked");
    await orch.told(taskId);
    expect(steps(taskId)).toEqual([expect.objectContaining({ step: "agent-1", adopted: false, held: true })]);
    expect(await orch.agentOutput(taskId)).toContain("say what you were asked");
  });

  test("rules that were changed since the last task decide, not those that were known when it was held", async () => {
    orch = await startOrch({ agent: "fixes", repositoryFile: "agent: fixes\n" });
    await firstTask();
    await orch.simulator.commit(
      orch.repository,
      "main",
      { ".github/orch.yml": "agent: fails\nsetup: 'true'\n" },
      "Choose another agent, and set up",
    );
    const { taskId } = await orch.command("/orch fix the tests");
    expect(await orch.told(taskId)).toMatchObject({ kind: "agent_failed" });
    expect((await orch.progress(taskId)).agent).toBe("fails");
    const held = (step: string) => expect.objectContaining({ step, held: false });
    expect(steps(taskId)).toEqual([held("setup-1"), held("agent-1")]);
  });

  test("another agent is no reason to hold it in vain: it was chosen when the task was dispatched", async () => {
    orch = await startOrch({ agent: "fixes", repositoryFile: "agent: fixes\n" });
    await firstTask();
    const rules = { ".github/orch.yml": "agent: fails\n" };
    await orch.simulator.commit(orch.repository, "main", rules, "Choose another agent");
    const { taskId } = await orch.command("/orch fix the tests");
    expect(await orch.told(taskId)).toMatchObject({ kind: "agent_failed" });
    expect(steps(taskId)).toEqual([expect.objectContaining({ step: "agent-1", held: true })]);
  });

  test("a fetch that fails after it was held is made again, and so is the session", async () => {
    orch = await startOrch();
    await firstTask();
    await orch.simulator.commit(orch.repository, "main", { "NEWS.md": "News\n" }, "Tell news");
    const match = { path: /\/info\/refs$/ };
    const failing = orch.simulator.faults.api({ times: 1, match, action: { status: 503 } });
    const { taskId } = await orch.command("/orch fix the tests");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(failing.fired).toBe(1);
    expect(steps(taskId)).toEqual([expect.objectContaining({ step: "agent-1", held: true })]);
  });

  test("a tip whose files cannot be written is no obstacle for the next: the agent starts on files that are there", async () => {
    orch = await startOrch();
    const { repository } = orch;
    const { main: good = "" } = orch.simulator.state.branches(repository);
    await orch.simulator.commit(repository, "topic", { "note.txt": "note\n" }, "Add a note");
    const pull = { as: "maintainer", title: "Note", head: "topic", base: "main" };
    const { number } = await orch.simulator.openPull(repository, pull);
    // No file system takes the last name; until then the checkout goes on, and the agent is held.
    const names = [...Array.from({ length: 1_500 }, (_, index) => `many/${index}`), "z".repeat(300)];
    await orch.simulator.commit(repository, "main", Object.fromEntries(names.map((name) => [name, "x\n"])), "Add many");
    const other = await orch.command("/orch do the first thing", { number }); // the host has the default branch from now on, too
    expect(await orch.told(other.taskId)).toMatchObject({ kind: "pull_request" });
    restoreMain(good);
    const { taskId } = await orch.command("/orch fix the tests");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(steps(taskId)).toEqual([expect.objectContaining({ step: "agent-1", held: false })]);
  });

  test.each(["SIGKILL", "SIGTERM"] as const)("%s ends its host: it never began, and begins once", async (signal) => {
    orch = await startOrch();
    await firstTask();
    const { taskId, answer } = await heldTask();
    await orch.host.stop(signal);
    await orch.host.start();
    answer();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await orch.store.read(taskId)).toMatchObject({ epoch: 1 });
    expect(steps(taskId)).toHaveLength(1);
  });

  test("a cancel ends it before it began", async () => {
    orch = await startOrch();
    await firstTask();
    const { taskId, answer } = await heldTask();
    const [folder = ""] = runs(taskId, "agent-1");
    expect(folder).not.toBe("");
    await orch.command("/orch cancel");
    expect(await orch.settled(taskId)).toMatchObject({ kind: "cancelled" });
    answer();
    expect(steps(taskId)).toEqual([]);
    await expect.poll(() => existsSync(folder), { timeout: 20_000 }).toBe(false);
  });

  test("killed from outside while it is held it never began, and is started in the ordinary way", async () => {
    orch = await startOrch();
    await firstTask();
    const { taskId, answer, latch } = await heldTask();
    const [dir = ""] = runs(taskId, "agent-1");
    process.kill(latch, "SIGKILL");
    await expect.poll(() => existsSync(join(dir, "exit")), { timeout: 20_000 }).toBe(true);
    answer();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(steps(taskId).map(({ held }) => held)).toEqual([true, false]);
  });

  test("its host died between writing it down and letting it go: it never failed, and is started", async () => {
    orch = await startOrch({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    await orch.host.kill();
    // The wrapper's words for a latch whose host had gone, as they stand when all is over.
    const [dir = ""] = runs(taskId, "agent-1");
    process.kill(Number(readFileSync(join(dir, "pid"), "utf8").split(" ")[0]), "SIGKILL");
    writeFileSync(join(dir, "exit"), "left\n");
    writeFileSync(join(dir, "stdout"), "");
    await orch.host.start();
    await orch.letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(steps(taskId).map(({ adopted }) => adopted)).toEqual([false, true, false]);
  });
});
