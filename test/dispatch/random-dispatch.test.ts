/**
 * Commands, ends, cancels, hosts that come and go, bots that die at any call: in random orders, over a real Redis. On a branch
 * one task after the other is begun, in the order in which they were asked for, and in the end each has run once and nothing is
 * left of their waiting. A failure names the seed that repeats it.
 */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { branchOf } from "../../src/task/branch.ts";
import { keys } from "../../src/task/keys.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { type Random, randomFrom } from "../support/random.ts";
import { type Setting, startSetting } from "./setting.ts";
import { onBranch } from "./worlds.ts";

const ROUNDS = Number(process.env.ORCH_ROUNDS ?? 25);
const STEPS = 40;
const BASE = Number(process.env.ORCH_SEED ?? Date.now() % 1_000_000);
const BRANCHES = ["topic", "other"];
const HOSTS = ["h1", "h2"];
/** Then every lease is over, everything is due, and the sweep takes a missing job for lost, ms. */
const LONG_MS = 16_000;

let at: Setting;
beforeAll(async () => {
  at = await startSetting();
});
afterAll(() => at.close());

type Bot = Awaited<ReturnType<Setting["startBot"]>>;

function makeRound(random: Random) {
  const { below, pick } = random;
  const asked: TaskSpec[] = [];
  const bots: Bot[] = [];

  /** About every third is to die, before or after something that it does. */
  const newBot = async () => {
    const life = { calls: below(3) === 0 ? 1 + below(30) : Number.POSITIVE_INFINITY, afterwards: below(2) === 0 };
    bots.push(await at.startBot({ life, hears: below(4) > 0, skewMs: below(3) === 0 ? below(2_000) - 1_000 : 0 }));
  };

  /** As intake does it: again by another bot, until one of them has lived long enough. */
  async function command(): Promise<void> {
    const target = below(5) === 0 ? { kind: "issue" as const, defaultBranch: "main" } : onBranch(pick(BRANCHES));
    const acceptedAt = at.now() + (below(3) === 0 ? below(2_000) - 1_000 : 0); // by the clock of some bot
    const spec = at.ask({ target, acceptedAt });
    asked.push(spec);
    if (below(4) === 0) await Promise.allSettled(bots.map((bot) => bot.accept(spec)));
    for (;;) {
      const bot = pick(bots);
      const given = await bot.accept(spec).then(
        () => true,
        () => false,
      );
      if (given) return;
      bots.splice(bots.indexOf(bot), 1);
      await newBot();
    }
  }

  const someTask = async () => {
    const spec = pick(asked);
    return spec && (await at.store.read(spec.id));
  };

  /** A host begins or ends a task, if that is to be begun or ended. */
  async function work(): Promise<void> {
    const task = await someTask();
    if (task?.state.name === "queued" && (await at.queue.holds(task))) await at.work(task.spec.id, "begin");
    else if (task?.state.name === "running") await at.work(task.spec.id, "end");
  }

  async function cancel(): Promise<void> {
    const task = await someTask();
    if (!task) return;
    const reason = { kind: "command" as const, by: "x" };
    await at.store.advance(task.spec.id, { name: "cancel", reason, at: at.now() });
  }

  const comes = () => at.hostComes(pick(HOSTS), { draining: below(5) === 0, slots: 1 + below(2) });
  const goes = () => at.hostGoes(pick(HOSTS));
  const pass = async () => at.pass(below(4) === 0 ? LONG_MS : below(3_000));
  const again = async () => {
    const task = await someTask();
    if (task)
      await pick(bots)
        .ensure(task)
        .catch(() => undefined);
  };

  return { asked, newBot, deeds: [command, command, work, work, work, cancel, comes, goes, pass, again, at.sweep] };
}

/** Nothing ends meanwhile but what waits: ends are deeds of the test. */
async function oneAtATime(asked: readonly TaskSpec[], where: string): Promise<void> {
  const tasks = await at.store.readMany(asked.map(({ id }) => id));
  const atWork = tasks.filter(({ spec, state }) => spec.target.kind === "pull" && /queued|running/.test(state.name));
  const branches = atWork.map(({ spec }) => branchOf(spec));
  expect(branches, where).toEqual([...new Set(branches)]);
}

async function finish(asked: readonly TaskSpec[], where: string): Promise<void> {
  await at.startBot();
  await at.hostComes("h1", { slots: 9 });
  for (let round = 0; round < 3 * asked.length + 3; round++) {
    at.pass(LONG_MS);
    // Another offer each time: whoever has looked already sleeps by a clock of its own, which does not pass with the test's.
    await at.hostComes("h1", { slots: 9 + (round % 2) });
    await at.sweep();
    await vi.waitFor(async () => expect(await dueNow(), where).toBe(0), { timeout: 10_000, interval: 2 });
    await oneAtATime(asked, where);
    for (const task of await at.store.readMany(await at.store.openIds())) {
      const { state, spec } = task;
      if (state.name === "running" || (state.name === "queued" && (await at.queue.holds(task))))
        await at.work(spec.id, "end");
    }
    if ((await at.store.openIds()).length === 0) break;
  }
  at.pass(LONG_MS);
  await at.hostComes("h1");
  await vi.waitFor(async () => expect(await at.traces(), where).toEqual([]), { timeout: 10_000, interval: 2 });
}

async function dueNow(): Promise<number> {
  const [due, taken] = await Promise.all([
    at.redis.zcount(keys.dispatch, "-inf", at.now()),
    at.redis.hlen(`${keys.dispatch}:taken`),
  ]);
  return due + taken;
}

test(`one task after the other on each branch, and each ends (ORCH_SEED=${BASE})`, { timeout: 180_000 }, async () => {
  for (let seed = BASE; seed < BASE + ROUNDS; seed++) {
    const random = randomFrom(seed);
    const { asked, newBot, deeds } = makeRound(random);
    for (let count = 0; count < 2; count++) await newBot();
    for (let step = 0; step < STEPS; step++) {
      await random.pick(deeds)();
      await oneAtATime(asked, `ORCH_SEED=${seed}, step ${step}`);
    }
    await finish(asked, `ORCH_SEED=${seed}`);
    for (const { id, target } of asked) {
      const where = `ORCH_SEED=${seed}, ${id}`;
      const task = await at.store.read(id);
      expect(task?.state.name, where).toBe("settled");
      expect(task?.epoch, where).toBeLessThanOrEqual(1);
      const begun = (await at.store.events(id)).filter(({ what }) => what === "ready" || what === "queued");
      expect(begun.length, where).toBeLessThanOrEqual(1);
      if (target.kind === "issue") expect(task?.continues, where).toBeUndefined();
    }
    expect(await at.jobs(), `ORCH_SEED=${seed}`).toBeLessThanOrEqual(asked.length);
    await at.clear();
  }
});
