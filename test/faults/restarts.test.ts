/** The worker host is restarted, on purpose or not, in each of a run's steps. Whoever gave the command sees nothing of it. */
import { globSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { keys } from "../../src/task/keys.ts";
import { progressOf } from "../../src/task/task.ts";
import { type Orch, startOrch } from "../support/orch.ts";
import { ownBranch } from "../support/task-spec.ts";

const HOW = [
  ["killed", "SIGKILL"],
  ["restarted on purpose", "SIGTERM"],
] as const;

describe("the worker host is restarted", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  const runFiles = (name: string) =>
    globSync(join(orch.dir, "data/host/runs/*", name)).map((path) => readFileSync(path, "utf8"));

  /** Resolves when the check has printed the text. */
  const checkSays = (text: string) =>
    expect.poll(() => runFiles("verify-1/stdout"), { timeout: 60_000 }).toEqual([expect.stringContaining(text)]);

  /** Resolves when the next life of the host has found the step, or has ended the run. */
  async function restart(signal: NodeJS.Signals, step: string): Promise<void> {
    await orch.host.stop(signal);
    await orch.host.start();
    await orch.host.logged(new RegExp(`"step":"${step}"|run ended`));
  }

  /** The steps in the order in which the lives of the host began or found them, each with its wrapper. */
  const steps = () =>
    [...orch.host.log().matchAll(/"step":"([^"]+)","wrapper":(\d+),"adopted":(true|false)/g)].map(
      ([, step, wrapper, adopted]) => ({ step, wrapper, adopted: adopted === "true" }),
    );

  async function published(taskId: string): Promise<string | undefined> {
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(orch.simulator.state.pulls(orch.repository)).toHaveLength(1);
    return orch.simulator.state.fileAt(orch.repository, ownBranch(orch.issue, taskId), "add.js");
  }

  test.each(HOW)("%s while the check runs: it goes on, and what it judges is what is published", async (_, signal) => {
    orch = await startOrch({ agent: "slow-check", repositoryFile: "verify: node --test\n" });
    const { taskId } = await orch.command("/orch fix the tests");
    await checkSays("THE CHECK WAITS");
    await restart(signal, "verify-1");
    await orch.letGo();
    expect(await published(taskId)).toContain("a + b");
    expect((await orch.progress(taskId)).verification).toMatchObject({ exitCode: 0, rounds: 1 });
    const checks = steps().filter(({ step }) => step === "verify-1");
    expect(checks.map(({ adopted }) => adopted)).toEqual([false, true]);
    expect(new Set(checks.map(({ wrapper }) => wrapper)).size).toBe(1);
  });

  test("killed before it has noted down what it took: the run begins as soon as the host is back", async () => {
    orch = await startOrch({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    await orch.host.kill();
    for (const dir of globSync(join(orch.dir, "data/host/runs/*"))) rmSync(dir, { recursive: true });
    await orch.host.start();
    expect(orch.host.log().match(/task claimed/g)).toHaveLength(2);
    await orch.letGo();
    expect(await published(taskId)).toContain("a + b");
    expect(await orch.store.read(taskId)).toMatchObject({ epoch: 1, crashes: [expect.any(Number)] });
  });

  test("with its agent taken out of the operator's file: that is the host's failure, not the repository's", async () => {
    orch = await startOrch({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    await orch.host.stop("SIGTERM");
    const path = join(orch.dir, "orch.yml");
    const file = parse(readFileSync(path, "utf8")) as { agents: Record<string, object>; defaultAgent: string };
    delete file.agents.waits;
    writeFileSync(path, stringify({ ...file, defaultAgent: "fixes" }));
    await orch.host.start();
    expect(await orch.settled(taskId)).toMatchObject({ kind: "host_error", message: expect.stringContaining("waits") });
    // Nobody follows the step any more by which it could go out.
    const outlets = join(orch.dir, "data/host/network/outlets");
    await expect.poll(() => readdirSync(outlets), { timeout: 20_000 }).toEqual([]);
  });

  test("killed while it stops a silent agent: the outcome is the missed deadline, not how the agent ended", async () => {
    orch = await startOrch({ agent: "deaf", limits: { silenceMinutes: 0.05 } });
    const { taskId } = await orch.command("/orch fix the tests");
    await expect.poll(() => runFiles("run.json"), { timeout: 60_000 }).toEqual([expect.stringContaining('"missed"')]);
    await orch.host.kill();
    await orch.letGo();
    await expect.poll(() => runFiles("agent-1/exit")).toEqual(["1\n"]);
    await orch.host.start();
    expect(await orch.settled(taskId)).toMatchObject({
      kind: "timed_out",
      deadline: "silence",
      lastLines: "I think about it",
    });
  });

  test("killed while the agent is silent: how long it has been so is still known", async () => {
    orch = await startOrch({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    const [spokeAt] = globSync(join(orch.dir, "data/host/runs/*/agent-1/stdout")).map((path) => statSync(path).mtimeMs);
    await restart("SIGKILL", "agent-1");
    expect(Number(await orch.redis.zscore(keys.heartbeats, `run:${taskId}`))).toBe(Math.round(spokeAt ?? 0));
    await orch.letGo();
    expect(await published(taskId)).toContain("a + b");
  });

  /** What a reboot makes of a step whose wrapper lives; `exit`: what it still wrote when it was told to end. */
  async function reboot(step: string, exit?: string): Promise<void> {
    await orch.host.stop("SIGTERM");
    process.kill(Number(steps().find((each) => each.step === step)?.wrapper), "SIGKILL");
    for (const path of globSync(join(orch.dir, "data/host/runs/*", step, "pid"))) {
      writeFileSync(path, readFileSync(path, "utf8").replace(/[0-9a-f-]{36}/, "00000000-0000-4000-8000-000000000000"));
      if (exit) writeFileSync(join(dirname(path), "exit"), exit);
    }
    await orch.host.start();
  }

  test.each([
    ["", undefined],
    [", with a word to the agent before it", "143\n"],
  ])("by a reboot of the machine%s: the run begins anew", async (_, exit) => {
    orch = await startOrch({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    await reboot("agent-1", exit);
    await orch.letGo();
    expect(await published(taskId)).toContain("a + b");
    expect(steps().map(({ adopted }) => adopted)).toEqual([false, false]);
  });

  test("by a reboot while the check runs: only the check is made again", async () => {
    orch = await startOrch({ agent: "slow-check", repositoryFile: "verify: node --test\n" });
    const { taskId } = await orch.command("/orch fix the tests");
    await checkSays("THE CHECK WAITS");
    await reboot("verify-1", "143\n");
    await orch.letGo();
    expect(await published(taskId)).toContain("a + b");
    expect((await orch.progress(taskId)).verification).toMatchObject({ exitCode: 0, rounds: 1 });
    expect(steps().map(({ step, adopted }) => [step, adopted])).toEqual([
      ["agent-1", false],
      ["verify-1", false],
      ["verify-1", false],
    ]);
  });

  test.each(HOW)("%s while the agent mends what the check found: it goes on with that", async (_, signal) => {
    orch = await startOrch({ agent: "starts-over", repositoryFile: "verify: node --test\n" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I start over") === true);
    await restart(signal, "agent-2");
    await orch.letGo();
    expect(await published(taskId)).toContain("a + b");
    expect((await orch.progress(taskId)).verification).toMatchObject({ exitCode: 0, rounds: 2 });
    expect(steps().filter(({ adopted }) => !adopted)).toHaveLength(4);
  });
});
