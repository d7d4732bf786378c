/** The worker host is restarted, on purpose or not, in each of a run's steps. Whoever gave the command sees nothing of it. */
import { globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { type Orch, startOrch } from "../support/orch.ts";

const HOW = [
  ["killed", "SIGKILL"],
  ["restarted on purpose", "SIGTERM"],
] as const;

describe("the worker host is restarted", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  /** Resolves when the check has printed the text. */
  const checkSays = (text: string) =>
    expect
      .poll(
        () => globSync(join(orch.dir, "data/host/runs/*/verify-1/stdout")).map((path) => readFileSync(path, "utf8")),
        {
          timeout: 60_000,
        },
      )
      .toEqual([expect.stringContaining(text)]);

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
    return orch.simulator.state.fileAt(orch.repository, `orch/${orch.issue}-${taskId}`, "add.js");
  }

  test.each(HOW)("%s while the check runs: it goes on, and what it judges is what is published", async (_, signal) => {
    orch = await startOrch({ agent: "slow-check", repositoryFile: "verify: node --test\n" });
    const { taskId } = await orch.command("/orch fix the tests");
    await checkSays("THE CHECK WAITS");
    await restart(signal, "verify-1");
    await orch.letGo();
    expect(await published(taskId)).toContain("a + b");
    expect((await orch.store.read(taskId))?.progress.verification).toMatchObject({ exitCode: 0, rounds: 1 });
    const checks = steps().filter(({ step }) => step === "verify-1");
    expect(checks.map(({ adopted }) => adopted)).toEqual([false, true]);
    expect(new Set(checks.map(({ wrapper }) => wrapper)).size).toBe(1);
  });

  test("killed before it has noted down what it took: the run begins as soon as the host is back", async () => {
    orch = await startOrch({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.task(taskId, (task) => task.progress.lastLines?.includes("I wait to be let go") === true);
    await orch.host.kill();
    for (const dir of globSync(join(orch.dir, "data/host/runs/*"))) rmSync(dir, { recursive: true });
    await orch.host.start();
    expect(orch.host.log().match(/task claimed/g)).toHaveLength(2);
    await orch.letGo();
    expect(await published(taskId)).toContain("a + b");
    expect(await orch.store.read(taskId)).toMatchObject({ epoch: 1, crashes: [expect.any(Number)] });
  });

  test.each(HOW)("%s while the agent mends what the check found: it goes on with that", async (_, signal) => {
    orch = await startOrch({ agent: "starts-over", repositoryFile: "verify: node --test\n" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.task(taskId, (task) => task.progress.lastLines?.includes("I start over") === true);
    await restart(signal, "agent-2");
    await orch.letGo();
    expect(await published(taskId)).toContain("a + b");
    expect((await orch.store.read(taskId))?.progress.verification).toMatchObject({ exitCode: 0, rounds: 2 });
    expect(steps().filter(({ adopted }) => !adopted)).toHaveLength(4);
  });
});
