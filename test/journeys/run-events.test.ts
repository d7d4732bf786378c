/** What an agent says leaves its host while it works, and is there for a day after, whatever becomes of the host meanwhile. */
import { afterEach, describe, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import { readRunEvents } from "../../src/task/run-events.ts";
import { type Orch, startOrch } from "../support/orch.ts";

describe("an agent that says two thousand lines", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  const said = async (taskId: string) => (await readRunEvents(orch.redis, taskId, 1, { limit: 1_000 })).events;
  const lastOf = async (taskId: string) => (await said(taskId)).at(-1)?.text;

  test.each([
    ["", undefined],
    [", whose host is killed in between", "SIGKILL"],
    [", whose host is restarted in between", "SIGTERM"],
  ] as const)("is heard to its last word%s, and the timeline tells how it began", async (_, signal) => {
    orch = await startOrch({ agent: "speaks", repositoryFile: "verify: node --test\n" });
    const { taskId } = await orch.command("/orch fix the tests");
    await expect.poll(() => lastOf(taskId), { timeout: 60_000 }).toBe("line 1000");
    const half = await said(taskId);
    if (signal) {
      await orch.host.stop(signal);
      await orch.host.start();
    }
    await orch.letGo();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    await expect.poll(async () => (await said(taskId)).at(-1)?.step, { timeout: 10_000 }).toBe("verify-1");

    const all = await said(taskId);
    expect(all.slice(0, half.length)).toEqual(half); // what was told stands as it was, and once
    const ofAgent = all.filter(({ step }) => step === "agent-1");
    expect(ofAgent.slice(-2).map(({ text }) => text)).toEqual(["line 2000", "I repaired add.js"]);
    const numbers = ofAgent.flatMap(({ text }) => (text.startsWith("line ") ? [Number(text.slice(5))] : []));
    expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
    const leftOut = ofAgent.reduce((sum, { count = 0 }) => sum + count, 0);
    expect(numbers.length + leftOut).toBe(2_000);

    const timeline = (await orch.store.events(taskId)).map(({ what }) => what);
    expect(timeline.slice(0, 3)).toEqual(["queued", "claimed", "phase"]);
    expect(timeline).not.toContain("progress");
    expect(timeline.at(-1)).toBe("pull_request");
    expect(await orch.redis.ttl(keys.runEvents(taskId, 1))).toBeGreaterThan(0);
  });
});
