/**
 * What an agent says leaves its host while it works, and is there for a day after, whatever becomes of the host meanwhile; and whoever watches
 * sees all that is printed, once.
 */
import { pino } from "pino";
import { afterEach, describe, expect, test } from "vitest";
import { followOutput } from "../../dashboard/output/follow-output.ts";
import { outputOf } from "../../dashboard/output/output.ts";
import { readHosts } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import { MAX_PIECE } from "../../src/task/output.ts";
import { connectBlockingRedis } from "../../src/task/redis.ts";
import { readRunEvents } from "../../src/task/run-events.ts";
import { type Orch, startOrch } from "../support/orch.ts";

describe("an agent that says two thousand lines", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  const said = async (taskId: string) => (await readRunEvents(orch.redis, taskId, 1, { limit: 1_000 })).events;
  /** Somebody who watches to the end: the text of each step. */
  async function watch(taskId: string): Promise<Map<string, string>> {
    const subscriber = connectBlockingRedis(orch.redisServer.url, "test-watches");
    const { redis, store } = orch;
    const hosts = () => readHosts(redis, Date.now());
    const output = outputOf({ redis, subscriber, store, hosts, now: Date.now, log: pino({ level: "silent" }) });
    const steps = new Map<string, string>();
    const task = await orch.task(taskId, () => true);
    for await (const news of followOutput(output, { task, signal: new AbortController().signal })) {
      if (news.kind === "gap") throw new Error(`something is missing: ${JSON.stringify(news)}`);
      if (news.kind !== "text") continue;
      const { step, text } = news.printed;
      steps.set(step, (steps.get(step) ?? "") + text);
    }
    const last = await output.read(await orch.task(taskId, () => true), { run: 1, step: "agent-1", bytes: MAX_PIECE });
    expect(last).toMatchObject({ text: expect.stringContaining("I repaired add.js") });
    subscriber.disconnect();
    return steps;
  }
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
    const watching = watch(taskId);
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

    const seen = await watching;
    const lines = [...(seen.get("agent-1") ?? "").matchAll(/^line (\d+)$/gm)].map(([, line]) => Number(line));
    expect(lines).toEqual(Array.from({ length: 2_000 }, (_, nth) => nth + 1));
    expect(seen.get("verify-1")).toMatch(/pass/);

    const timeline = (await orch.store.events(taskId)).map(({ what }) => what);
    expect(timeline.slice(0, 3)).toEqual(["queued", "claimed", "phase"]);
    expect(timeline).not.toContain("progress");
    expect(timeline.at(-1)).toBe("pull_request");
    expect(await orch.redis.ttl(keys.runEvents(taskId, 1))).toBeGreaterThan(0);
  });
});
