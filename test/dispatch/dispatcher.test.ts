import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { HOME_WAIT_MS } from "../../src/task/deadlines.ts";
import { readHosts } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import { pauseAll, resumeAll } from "../../src/task/pause.ts";
import type { Task } from "../../src/task/task.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { type Setting, startSetting } from "./setting.ts";
import { onBranch } from "./worlds.ts";

const HOUR_MS = 3600_000;
const DAY_MS = 24 * HOUR_MS;
/** Of a look that a message causes; the next one without would come after seconds. */
const AT_ONCE_MS = 2_000;

let at: Setting;
beforeAll(async () => {
  at = await startSetting();
});
afterEach(() => at.clear());
afterAll(() => at.close());

const read = async ({ id }: TaskSpec) => (await at.store.read(id)) as Task;
const newsOf = async ({ id }: TaskSpec) => (await at.store.events(id)).map(({ what }) => what);
const outcomeOf = async ({ id }: TaskSpec) => {
  const state = await at.state(id);
  return state?.name === "settled" ? state.outcome : undefined;
};
/** Accepted, and at work on a host. */
async function running(bot: { accept(spec: TaskSpec): Promise<unknown> }): Promise<TaskSpec> {
  const spec = at.ask();
  await bot.accept(spec);
  await at.work(spec.id, "begin");
  return spec;
}
/** What is due has been looked at. */
async function quiet(): Promise<void> {
  const look = async () => {
    expect(await at.redis.exists(`${keys.dispatch}:taken`)).toBe(0);
    expect((await at.store.dispatches.nextAt()) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(at.now());
  };
  await vi.waitFor(look, { timeout: 20_000, interval: 2 });
}

describe("an accepted task", () => {
  test("that may start is queued with a job, and the host's questions are asked ahead", async () => {
    await at.hostComes("h1");
    const bot = await at.startBot();
    const spec = at.ask();
    expect(await bot.accept(spec)).toBeUndefined();
    expect(await read(spec)).toMatchObject({ state: { name: "queued" }, agent: "claude" });
    expect([await at.jobs(), bot.starting]).toEqual([1, [spec.id]]);
    expect(await at.traces()).toEqual([]);
  });

  test("that is accepted again, by this bot or another or by both at once, has one job and is told of once", async () => {
    await at.hostComes("h1");
    const bots = [await at.startBot(), await at.startBot()];
    const spec = at.ask();
    await Promise.all(bots.map((bot) => bot.accept(spec)));
    for (const bot of bots) await bot.accept(spec);
    expect(await at.jobs()).toBe(1);
    expect(await newsOf(spec)).toEqual(["queued"]);
    expect(bots.flatMap(({ starting }) => starting)).toEqual([spec.id]);
  });

  test("whose bot dies before the job is added gets it when the request is taken in again", async () => {
    await at.hostComes("h1");
    const spec = at.ask();
    for (let calls = 1; !(await at.store.read(spec.id)); calls++) {
      const dying = await at.startBot({ life: { calls, afterwards: true }, hears: false });
      await expect(dying.accept(spec)).rejects.toThrow("died");
    }
    expect(await at.jobs()).toBe(0);
    const next = await at.startBot();
    await next.ensure(await read(spec));
    expect(await at.jobs()).toBe(1);
  });

  test("for which no host ever had the agent is not recorded, and the caller is told of those that there are", async () => {
    await at.hostComes("h1", { agents: ["codex", "claude"] });
    const bot = await at.startBot();
    const spec = at.ask({ agent: "copilot" });
    expect(await bot.accept(spec)).toEqual({ kind: "refused", agent: "copilot", known: ["claude", "codex"] });
    expect(await at.store.read(spec.id)).toBeUndefined();
  });

  test("that cannot start now has nothing asked ahead: neither while it waits nor while all slots are busy", async () => {
    await at.hostComes("h1", { slots: 1 });
    const bot = await at.startBot();
    const first = at.ask();
    await bot.accept(first);
    const behind = at.ask();
    await bot.accept(behind);
    const elsewhere = at.ask({ target: onBranch("other") });
    await bot.accept(elsewhere);
    expect(bot.starting).toEqual([first.id]);
    expect((await read(behind)).state.name).toBe("waiting");
    await at.work(elsewhere.id, "end");
    await at.work(first.id, "end");
    await at.starts(behind.id);
    await expect.poll(() => bot.starting).toEqual([first.id, behind.id]);
  });

  test("for an agent whose host is busy has nothing asked ahead, though another host has room", async () => {
    await at.hostComes("h1", { slots: 9 });
    await at.hostComes("h2", { slots: 1, agents: ["codex"] });
    const bot = await at.startBot();
    const [one, two] = ["one", "two"].map((branch) => at.ask({ agent: "codex", target: onBranch(branch) }));
    for (const spec of [one, two]) await bot.accept(spec as TaskSpec);
    expect(bot.starting).toEqual([one?.id]);
  });
});

describe("a task that waits", () => {
  test("for the one before it starts as soon as that is over, and goes on from it", async () => {
    await at.hostComes("h1");
    const bot = await at.startBot();
    const first = await running(bot);
    const second = at.ask();
    await bot.accept(second);
    await quiet();
    expect((await read(second)).state).toMatchObject({ name: "waiting", reasons: [{ for: "task", task: first.id }] });
    expect(await at.jobs()).toBe(0);
    await at.work(first.id, "end");
    expect(await at.starts(second.id)).toBeLessThan(AT_ONCE_MS);
    expect(await read(second)).toMatchObject({ agent: "claude", continues: first.id });
    await quiet();
    expect(await at.traces()).toEqual([]);
  });

  test("for an agent starts as soon as a host comes that offers it", async () => {
    const bot = await at.startBot();
    const spec = at.ask();
    await bot.accept(spec);
    await quiet();
    expect((await read(spec)).state).toMatchObject({ name: "waiting", reasons: [{ for: "agent" }] });
    await at.hostComes("h1", { agents: ["codex"] });
    expect(await at.starts(spec.id)).toBeLessThan(AT_ONCE_MS);
    expect((await read(spec)).agent).toBe("codex");
  });

  test("is found by the next look when the messages are lost, which comes within 15 seconds", async () => {
    const deaf = await at.startBot({ hears: false });
    const spec = at.ask();
    await deaf.accept(spec);
    await quiet();
    await at.hostComes("h1");
    const due = (await at.store.dispatches.nextAt()) ?? Number.POSITIVE_INFINITY;
    expect(due - at.now()).toBeLessThanOrEqual(15_000);
    expect((await read(spec)).state.name).toBe("waiting");
    at.pass(15_000);
    await at.startBot({ hears: false }); // looks at what is due, as the first one does every 15 s
    await at.starts(spec.id);
  });

  test("for one that ends while it is being recorded is looked at at once", async () => {
    await at.hostComes("h1");
    const first = await running(await at.startBot());
    const second = at.ask();
    const create = async (...given: Parameters<typeof at.store.create>) => {
      await at.work(first.id, "end"); // what the new task is judged by has been read by then
      return await at.store.create(...given);
    };
    const bot = await at.startBot({ hears: false, store: { ...at.store, create } });
    await bot.accept(second);
    expect(await newsOf(second)).toEqual(expect.arrayContaining(["waiting"]));
    expect(await at.starts(second.id)).toBeLessThan(AT_ONCE_MS);
    await quiet();
    expect(await at.traces()).toEqual([]);
  });

  test("behind several waits for the last of them, and none overtakes another", async () => {
    await at.hostComes("h1");
    const bot = await at.startBot();
    const [one, two, three] = [await running(bot), at.ask(), at.ask()];
    for (const spec of [two, three]) await bot.accept(spec);
    expect((await read(three)).state).toMatchObject({ reasons: [{ task: two.id }] });
    await at.work(one.id, "end");
    await at.starts(two.id);
    await quiet();
    const { state } = await read(three);
    expect(state).toMatchObject({ name: "waiting", reasons: [{ task: two.id }] });
    await at.work(two.id, "end");
    await at.starts(three.id);
  });

  test("waits for the one before, should the last of them end before it starts", async () => {
    await at.hostComes("h1");
    const bot = await at.startBot();
    const [one, two, three] = [await running(bot), at.ask(), at.ask()];
    for (const spec of [two, three]) await bot.accept(spec);
    await at.store.advance(two.id, { name: "cancel", reason: { kind: "command", by: "maintainer" }, at: at.now() });
    await quiet();
    expect((await read(three)).state).toMatchObject({ name: "waiting", reasons: [{ task: one.id }] });
    await at.work(one.id, "end");
    await at.starts(three.id);
  });

  test("goes behind those that came before it, whatever the clocks of their bots say", async () => {
    await at.hostComes("h1");
    const bot = await at.startBot();
    const first = at.ask({ acceptedAt: at.now() + HOUR_MS });
    await bot.accept(first);
    const second = at.ask();
    await bot.accept(second);
    await quiet();
    expect((await read(second)).state).toMatchObject({ name: "waiting", reasons: [{ task: first.id }] });
    await at.work(first.id, "end");
    await at.starts(second.id);
    expect((await read(second)).continues).toBe(first.id);
  });

  test.each(["may start", "is too late"])("and %s is looked at again when it changes under the look", async (what) => {
    let looks = 0;
    const spec = at.ask();
    const bot = await at.startBot({
      hosts: async () => {
        looks += 1;
        const task = looks === 3 ? await at.store.read(spec.id) : undefined;
        const reasons = task?.state.name === "waiting" ? task.state.reasons : [];
        if (task) await at.store.advance(spec.id, { name: "waits", version: task.version, reasons, at: at.now() });
        return await readHosts(at.redis, at.now());
      },
    });
    await bot.accept(spec);
    await quiet();
    expect(looks).toBe(2);
    at.pass(what === "may start" ? 0 : DAY_MS);
    await at.hostComes("h1", { draining: what !== "may start" });
    if (what === "may start") await at.starts(spec.id);
    else expect(await at.settles(spec.id)).toMatchObject({ deadline: "waiting" });
    expect(await newsOf(spec)).toEqual(["waiting", "waits", what === "may start" ? "ready" : "given_up"]);
  });

  test("is decided on once, by however many bots that look at it", async () => {
    const { promise: held, resolve: letGo } = Promise.withResolvers<void>();
    let looks = 0;
    const spec = at.ask();
    const slow = await at.startBot({
      store: {
        ...at.store,
        advance: async (...given) => {
          looks += 1;
          await held;
          return await at.store.advance(...given);
        },
      },
    });
    await slow.accept(spec);
    await at.hostComes("h1");
    await expect.poll(() => looks, { interval: 2 }).toBeGreaterThan(0);
    at.pass(6_000); // its lease is over
    const other = await at.startBot();
    await at.starts(spec.id);
    letGo();
    await Promise.all([slow.stop(), other.stop()]);
    expect((await newsOf(spec)).filter((what) => what === "ready")).toHaveLength(1);
    expect(await at.jobs()).toBe(1);
  });
});

describe("a task whose session is kept on a host", () => {
  /** The first task of a branch has left its session on h1, and another one asks to go on. */
  async function second(bot: { accept(spec: TaskSpec): Promise<unknown> }): Promise<TaskSpec> {
    const first = await running(bot);
    const { epoch } = await read(first);
    const progress = { agent: "claude", home: `host/sessions/${first.id}` };
    await at.store.advance(first.id, { name: "progress", epoch, progress, at: at.now() });
    await at.work(first.id, "end");
    const spec = at.ask();
    await bot.accept(spec);
    return spec;
  }
  const laneOf = async (spec: TaskSpec) => {
    const { state } = await read(spec);
    return state.name === "queued" ? state.lane : undefined;
  };
  async function leavesAfterTenMinutes(spec: TaskSpec): Promise<void> {
    at.pass(HOME_WAIT_MS - 1_000);
    await at.hostComes("h2");
    await quiet();
    expect(await laneOf(spec)).toEqual({ agent: "claude", host: "h1" });
    at.pass(1_001);
    await at.hostComes("h2");
    await vi.waitFor(async () => expect(await laneOf(spec)).toEqual({ agent: "claude" }), { timeout: 20_000 });
  }

  test("has its job there alone, for ten minutes; after that any host with the agent may take it", async () => {
    for (const id of ["h1", "h2"]) await at.hostComes(id);
    const bot = await at.startBot();
    const spec = await second(bot);
    expect(await laneOf(spec)).toEqual({ agent: "claude", host: "h1" });
    const lanes = async () => (await at.queue.depth()).lanes;
    expect((await lanes())["orch-host-h1"]?.waiting).toBe(1);
    await leavesAfterTenMinutes(spec);
    await at.starts(spec.id);
    expect([(await lanes())["orch-host-h1"]?.waiting, (await lanes())["orch-agent-claude"]?.waiting]).toEqual([0, 1]);
    await quiet();
    expect(await at.traces()).toEqual([]);
  });

  test("waits there for as long as all is paused, and ten minutes from then on", async () => {
    for (const id of ["h1", "h2"]) await at.hostComes(id);
    const bot = await at.startBot();
    const spec = await second(bot);
    await pauseAll(at.redis, { since: at.now(), by: "root" });
    at.pass(2 * HOME_WAIT_MS);
    await at.hostComes("h2");
    await quiet();
    expect(await laneOf(spec)).toEqual({ agent: "claude", host: "h1" });
    await resumeAll(at.redis, at.now());
    await leavesAfterTenMinutes(spec);
  });

  test("stays there when its home has just taken it", async () => {
    await at.hostComes("h1");
    const bot = await at.startBot();
    const spec = await second(bot);
    await at.work(spec.id, "begin");
    at.pass(HOME_WAIT_MS + 1);
    await at.hostComes("h2");
    await quiet();
    expect((await read(spec)).state).toMatchObject({ name: "running" });
    expect(await at.traces()).toEqual([]);
  });
});

describe("a task that waits for too long", () => {
  test.each<[string, number, object]>([
    ["another task", 7 * DAY_MS, { for: "task" }],
    ["an agent", DAY_MS, { for: "agent", agent: "claude" }],
  ])("for %s is out of time, and says for what it has waited", async (what, ms, reason) => {
    await at.hostComes("h1");
    const bot = await at.startBot();
    if (what === "another task") await running(bot);
    else await at.hostGoes("h1");
    const spec = at.ask({ agent: "claude" });
    await bot.accept(spec);
    await quiet();
    at.pass(ms - 60_000);
    await at.hostComes("h2", { agents: what === "another task" ? ["claude"] : ["codex"] });
    await quiet();
    expect((await read(spec)).state.name).toBe("waiting");
    at.pass(60_000);
    await at.hostComes("h2", { agents: what === "another task" ? ["claude"] : ["codex"] });
    expect(await at.settles(spec.id)).toMatchObject({ kind: "timed_out", deadline: "waiting", waitedFor: [reason] });
    const { afterMs } = (await outcomeOf(spec)) as { afterMs: number };
    expect(Math.round(afterMs / 60_000)).toBe(ms / 60_000);
    await quiet();
    expect(await at.traces()).toEqual([]);
  });

  test("for an agent that is none any more is refused, with the list of those that there are", async () => {
    await at.hostComes("h1", { agents: ["copilot"] });
    await at.hostGoes("h1");
    at.pass(7 * DAY_MS - HOUR_MS);
    await at.hostComes("h2", { agents: ["codex", "claude"] });
    const bot = await at.startBot();
    const spec = at.ask({ agent: "copilot" });
    expect(await bot.accept(spec)).toBeUndefined();
    await quiet();
    expect((await read(spec)).state.name).toBe("waiting");
    at.pass(HOUR_MS + 1);
    await at.hostComes("h2", { agents: ["codex", "claude"] });
    const outcome = await at.settles(spec.id);
    expect(outcome).toEqual({
      kind: "refused",
      reason: "No worker host has offered the agent copilot within the last seven days. There are: claude, codex.",
    });
  });

  test("for the agent of a host that was up for weeks and has just died waits: the agent is known", async () => {
    await at.hostComes("h1", { agents: ["copilot"] });
    at.pass(30 * DAY_MS);
    await at.redis.zadd(keys.heartbeats, at.now(), "host:h1");
    at.pass(HOUR_MS);
    await at.hostComes("h2", { agents: ["claude"] });
    const bot = await at.startBot();
    const spec = at.ask({ agent: "copilot" });
    expect(await bot.accept(spec)).toBeUndefined();
    expect((await read(spec)).state).toMatchObject({ reasons: [{ for: "agent", agent: "copilot" }] });
  });
});

describe("a record in doubt", () => {
  const inDoubt = ({ id }: TaskSpec) => at.redis.hset(keys.task(id), "record", '{"format":99}');

  test("of a task that waits is left alone, and looked at again", async () => {
    const spec = at.ask();
    await (await at.startBot()).accept(spec);
    await quiet();
    await inDoubt(spec);
    const before = await at.redis.hgetall(keys.task(spec.id));
    at.pass(15_000);
    await at.hostComes("h1");
    await quiet();
    expect(await at.redis.hgetall(keys.task(spec.id))).toEqual(before);
    expect(Number(await at.redis.zscore(keys.dispatch, spec.id)) - at.now()).toBeGreaterThan(30_000);
    expect(await at.jobs()).toBe(0);
  });

  test("of the task before holds the branch up as long as that is open", async () => {
    await at.hostComes("h1");
    const bot = await at.startBot();
    const first = await running(bot);
    await inDoubt(first);
    const second = at.ask();
    await bot.accept(second);
    await quiet();
    expect((await read(second)).state).toMatchObject({ name: "waiting", reasons: [{ for: "task", task: first.id }] });
    // Whoever can read it ends it.
    await at.redis.zrem(keys.open, first.id);
    at.pass(15_000);
    await at.startBot({ hears: false }); // looks at what is due, as the first one does every 15 s
    await at.starts(second.id);
    expect((await read(second)).continues).toBeUndefined();
  });
});

describe("a bot that dies between the record and the job", () => {
  /** The bot has said that the task may start, and no more. */
  async function halfReady(): Promise<TaskSpec> {
    await at.hostComes("h1");
    const spec = at.ask();
    const first = await running(await at.startBot({ hears: false }));
    const life = { calls: Number.POSITIVE_INFINITY, afterwards: false };
    const enqueue = async () => {
      life.calls = 0;
    };
    const dying = await at.startBot({ life, queue: { ...at.queue, enqueue } });
    await dying.accept(spec);
    await at.work(first.id, "end");
    await expect.poll(async () => (await read(spec)).state.name, { interval: 2 }).toBe("queued");
    expect(await at.jobs()).toBe(0);
    return spec;
  }

  test("leaves the job to the sweep over open tasks", async () => {
    const spec = await halfReady();
    at.pass(11_000);
    await at.sweep();
    await at.starts(spec.id);
    expect(await at.jobs()).toBe(1);
  });

  test("leaves the job to whoever looks next at what it had taken", async () => {
    const spec = await halfReady();
    at.pass(6_000);
    await at.startBot();
    await at.starts(spec.id);
    expect(await at.jobs()).toBe(1);
  });
});

describe("of a task that has waited nothing is left", () => {
  test.each(["cancelled", "given up"])("once it is %s and was looked at", async (how) => {
    await at.hostComes("h1");
    const bot = await at.startBot();
    const first = await running(bot);
    const spec = at.ask();
    await bot.accept(spec);
    await quiet();
    expect(await at.traces()).toHaveLength(2);
    const { version } = await read(spec);
    const outcome = { kind: "refused" as const, reason: "closed" };
    await at.store.advance(
      spec.id,
      how === "cancelled"
        ? { name: "cancel", reason: { kind: "command", by: "x" }, at: at.now() }
        : { name: "given_up", version, outcome, at: at.now() },
    );
    expect(await at.redis.exists(keys.followers(first.id))).toBe(0);
    at.pass(15_000);
    await at.startBot();
    await quiet();
    expect(await at.traces()).toEqual([]);
  });
});
