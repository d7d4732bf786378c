/** Processes die in the middle of things. The end is the same as if they had not, and nothing happens twice. */
import { afterEach, describe, expect, test } from "vitest";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

/** Commands of the bot that write: scripts, sorted sets, texts, hashes. */
const CHANGES = new Set(["evalsha", "eval", "zadd", "zrem", "set", "hset", "del"]);

describe("a process dies", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  async function theEndIsRight(place: Place, taskId: string): Promise<void> {
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const { state } = orch.simulator;
    expect(state.pulls(place.repository)).toHaveLength(1);
    expect(orch.botComments(place)).toHaveLength(1);
    expect(Object.keys(state.branches(place.repository)).sort()).toEqual(["main", `orch/${place.number}-${taskId}`]);
    const checks = state.checkRuns(place.repository).filter((each) => each.name === "orch");
    expect(checks).toHaveLength(1);
    expect(checks[0]).toMatchObject({ status: "completed", conclusion: "success" });
    expect(state.labels(place.repository, place.number)).toEqual(["orch:done"]);
  }

  test("the worker host is killed while the agent works: the agent is taken up again, not started again", async () => {
    orch = await startOrch({ agent: "waits" });
    const place = await orch.place({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.running(taskId, "working");
    await orch.task(taskId, (task) => task.progress.lastLines?.includes("I wait to be let go") === true);
    await orch.host.kill();
    await orch.host.start();
    await orch.host.logged(/run taken up again/);
    expect((await orch.agentOutput(taskId)).match(/I wait to be let go/g)).toHaveLength(1);
    await orch.letGo();
    await theEndIsRight(place, taskId);
    expect((await orch.store.read(taskId))?.epoch).toBe(1);
  });

  test("a planned restart of the worker host leaves the agent unharmed, too", async () => {
    orch = await startOrch({ agent: "waits" });
    const place = await orch.place({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await orch.running(taskId, "working");
    expect(await orch.host.stop("SIGTERM")).toBe(0);
    await orch.letGo(); // the agent ends while nobody watches
    await orch.host.start();
    await orch.host.logged(/run taken up again/);
    await theEndIsRight(place, taskId);
    expect((await orch.store.read(taskId))?.crashes).toEqual([]);
  });

  test("the agent's session is killed from outside: an honest end, and no second agent", async () => {
    orch = await startOrch({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.running(taskId, "working");
    const started = await orch.host.logged(/"step":"agent-1"/);
    process.kill((JSON.parse(started) as { wrapper: number }).wrapper, "SIGKILL");
    expect(await orch.settled(taskId)).toMatchObject({ kind: "agent_failed" });
  });

  test.each(["before GitHub has it", "before it hears GitHub's answer"] as const)(
    "the bot is killed with each change that it makes on GitHub, %s: the end is the same",
    async (when) => {
      orch = await startOrch();
      const place = await orch.place({ agent: "fixes" });
      const killer = killBotWithEachChange(place, when === "before GitHub has it" ? "arrival" : "request");
      const { taskId } = await orch.command("/orch fix the tests", place);
      await theEndIsRight(place, taskId);
      await killer.stop();
      expect(killer.killed()).toBeGreaterThanOrEqual(6);
      expect(new Set(killer.changes()).size).toBeGreaterThanOrEqual(6);
    },
    300_000,
  );

  test("the bot is killed with its changes in Redis, each after another one: the end is the same", async () => {
    orch = await startOrch();
    const place = await orch.place({ agent: "fixes" });
    const killer = await killBotAfterRedisChanges([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    const { taskId } = await orch.command("/orch fix the tests", place);
    await theEndIsRight(place, taskId);
    await killer.stop();
    expect(killer.killed().length).toBeGreaterThanOrEqual(6);
    expect(new Set(killer.killed()).size).toBeGreaterThanOrEqual(4);
  }, 120_000);

  /**
   * SIGKILL to the bot as soon as its life has made so many changes in Redis, each life by the next number; the last one
   * lives on. Redis tells of a command when it carries it out, so that the bot seldom hears the answer.
   */
  async function killBotAfterRedisChanges(counts: readonly number[]) {
    const killed: string[] = [];
    const ours = new Set<string>();
    const monitor = await orch.redis.monitor();
    let restarting = Promise.resolve();
    let [changes, dying] = [0, false];
    const listen = (_time: string, [name = "", ...args]: string[], source: string) => {
      const command = name.toLowerCase();
      // Every connection says first whose it is.
      if (command === "client" && args[0]?.toLowerCase() === "setname")
        args[1]?.startsWith("orch-bot") ? ours.add(source) : ours.delete(source);
      if (dying || !ours.has(source) || !CHANGES.has(command)) return;
      changes += 1;
      if (changes < (counts[killed.length] ?? Number.POSITIVE_INFINITY)) return;
      killed.push(`${command} ${command.startsWith("eval") ? args[2] : args[0]}`);
      dying = true;
      restarting = orch.bot.kill().then(async () => {
        changes = 0;
        dying = false;
        await orch.bot.start();
      });
    };
    monitor.on("monitor", listen);
    for (const line of String(await orch.redis.client("LIST")).split("\n")) {
      const [, address, name] = /addr=(\S+).* name=(\S+)/.exec(line) ?? [];
      if (address && name?.startsWith("orch-bot")) ours.add(address);
    }
    return {
      /** What each kill came with. */
      killed: () => killed,
      stop: async () => {
        monitor.off("monitor", listen);
        await restarting;
        monitor.disconnect();
      },
    };
  }

  /** SIGKILL to the bot with every kind of change that it makes about the place, once for each kind; then it is started again. */
  function killBotWithEachChange(place: Place, moment: "arrival" | "request") {
    const seen = new Map<string, number>();
    const changes: string[] = [];
    let restarting = Promise.resolve();
    let dying = false;
    const listen = (request: { method: string; path: string }) => {
      const about = request.path.startsWith(`/repos/${place.repository.fullName}/`) && !request.path.endsWith(".git");
      if (dying || !about || request.method === "GET") return;
      const kind = `${request.method} ${request.path.replace(/\d+/g, "N")}`;
      const times = seen.get(kind) ?? 0;
      // An edit of the comment happens often, and each kill costs the time of a lease: the first two of a kind will do.
      if (times >= 2) return;
      seen.set(kind, times + 1);
      changes.push(kind);
      dying = true;
      restarting = orch.bot.kill().then(async () => {
        await orch.bot.start();
        dying = false;
      });
    };
    orch.simulator.on(moment, listen);
    return {
      killed: () => changes.length,
      changes: () => changes,
      stop: () => {
        orch.simulator.off(moment, listen);
        return restarting;
      },
    };
  }
});
