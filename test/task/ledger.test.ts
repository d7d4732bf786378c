/**
 * The ledger under random starts, ends, crashes, repetitions and deaths of Redis: envelopes never hold more than they may, and every
 * run is booked once. The seed is printed; `ORCH_SEED=…` repeats a failure.
 */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Caps, type Envelope, envelopesOf, wantOf } from "../../src/task/envelope.ts";
import { keys } from "../../src/task/keys.ts";
import {
  type Asking,
  balancesFor,
  book,
  type Reserve,
  readBalances,
  readReserves,
  reserve,
} from "../../src/task/ledger.ts";
import { waitForRedis } from "../../src/task/redis.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { type Amounts, UNITS, type Unit } from "../../src/text/budget.ts";
import { randomFrom, SEED } from "../support/random.ts";
import { type ConnectedRedis, NOTHING_LOST, startConnectedRedis } from "../support/redis.ts";
import { makeSpec } from "../support/task-spec.ts";

let server: ConnectedRedis;
let redis: ConnectedRedis["redis"];
beforeAll(async () => {
  server = await startConnectedRedis(NOTHING_LOST);
  redis = server.redis;
});
afterAll(() => server.close());
beforeEach(async () => void (await redis.flushall()));

const NOON = Date.UTC(2026, 10, 27, 12);
const caps: Caps = {
  run: { usd: 1, tokens: 100_000, ms: 600_000 },
  task: { usd: 2.5, tokens: 250_000, runs: 4 },
  conversation: { usd: 5 },
  person: { usd: 9, tokens: 700_000 },
  repository: { usd: 12, ms: 7_200_000 },
  day: { usd: 15, runs: 40 },
};
const TASKS = 24;

type Booked = { envelopes: string[]; used: Amounts };
type Run = { spec: TaskSpec; epoch: number; asking: Asking; reserve: Reserve };

function makeTasks(): TaskSpec[] {
  return Array.from({ length: TASKS }, (_, index) =>
    makeSpec({
      commentId: 700 + index,
      number: 1 + (index % 5),
      repository: { id: 11 + (index % 2), owner: "octo-org", name: `repository-${index % 2}` },
      ...(index % 7 !== 0 && { actor: { id: 31 + (index % 3), login: `person-${index % 3}` } }),
    }),
  );
}

function askingOf(spec: TaskSpec, epoch: number, lost: Amounts | undefined, at: number): Asking {
  const envelopes = envelopesOf(spec, caps, at) ?? [];
  return {
    task: spec.id,
    epoch,
    envelopes,
    want: wantOf(spec, caps, envelopes),
    lost: lost && { [epoch - 1]: lost },
    at,
  };
}

/** As exactly as the ledger counts. */
const round = (amounts: Amounts): Amounts =>
  Object.fromEntries(Object.entries(amounts).map(([unit, amount]) => [unit, Math.round(amount * 1e6) / 1e6]));

const sum = (all: readonly Amounts[]): Amounts => {
  const total: Amounts = {};
  for (const amounts of all)
    for (const unit of UNITS) if (amounts[unit]) total[unit] = (total[unit] ?? 0) + (amounts[unit] ?? 0);
  return round(total);
};

const whole = (used: Amounts, reserved: Amounts): Amounts => ({ ...reserved, ...used });

test.each([SEED, SEED + 1, SEED + 2])(
  "whatever starts, ends, dies and comes twice, no envelope is overdrawn and no run is booked twice or lost (ORCH_SEED=%i)",
  async (seed) => {
    const random = randomFrom(seed);
    const tasks = makeTasks();
    const epochs = new Map<string, number>();
    const going = new Map<string, Run>();
    /** Runs that are over and from which another goes on, with what nobody knows that they used. */
    const parked = new Map<string, Run>();
    const booked: Booked[] = [];
    const seen = new Map<string, Envelope>();
    const past: (() => Promise<unknown>)[] = [];
    let at = NOON;

    const account = (run: Run, used: Amounts) =>
      booked.push({ envelopes: run.asking.envelopes.map(({ name }) => name), used: whole(used, run.reserve.amounts) });
    const usedOf = ({ reserve: { amounts } }: Run): Amounts => {
      const part = round(
        Object.fromEntries(Object.entries(amounts).map(([unit, amount]) => [unit, amount * random.fraction()])),
      );
      const wholes = { ...part, tokens: Math.floor(part.tokens ?? 0), ms: Math.floor(part.ms ?? 0), runs: 1 };
      // Agents that do not say what they cost.
      return Object.fromEntries(Object.entries(wholes).filter(([unit]) => unit === "runs" || random.fraction() < 0.7));
    };

    async function start(spec: TaskSpec): Promise<void> {
      const epoch = (epochs.get(spec.id) ?? 0) + 1;
      const before = going.get(spec.id);
      const lost = before && (random.fraction() < 0.5 ? usedOf(before) : {});
      const asking = askingOf(spec, epoch, lost, at);
      const repeat = () => reserve(redis, asking);
      // Whoever got no answer asks again.
      const [made] = await Promise.all([repeat(), random.fraction() < 0.3 ? repeat() : undefined]);
      past.push(repeat);
      for (const envelope of asking.envelopes) seen.set(envelope.name, envelope);
      if (before) account(before, lost ?? {});
      going.delete(spec.id);
      if (made.kind === "reserved") parked.delete(spec.id);
      if (made.kind !== "reserved") return expect(made.kind).toBe("short");
      epochs.set(spec.id, epoch);
      going.set(spec.id, { spec, epoch, asking, reserve: made.reserve });
    }

    async function end(run: Run): Promise<void> {
      const used = usedOf(run);
      const repeat = () => book(redis, { task: run.spec.id, epoch: run.epoch, used });
      const times = await Promise.all([repeat(), repeat()]);
      expect(times.filter(Boolean)).toHaveLength(1);
      past.push(repeat);
      account(run, used);
      going.delete(run.spec.id);
    }

    /** The next run of the task sets aside again what nobody knows of this one. */
    async function park(run: Run): Promise<void> {
      const used = usedOf(run);
      const repeat = () => book(redis, { task: run.spec.id, epoch: run.epoch, used, goesOn: true });
      const times = await Promise.all([repeat(), repeat()]);
      expect(times.filter(Boolean)).toHaveLength(1);
      past.push(repeat);
      going.delete(run.spec.id);
      booked.push({ envelopes: run.asking.envelopes.map(({ name }) => name), used });
      const left = Object.entries(run.reserve.amounts).filter(([unit]) => used[unit as Unit] === undefined);
      if (left.length > 0)
        parked.set(run.spec.id, { ...run, reserve: { ...run.reserve, amounts: Object.fromEntries(left) } });
    }

    /** Its task is over while it waits. */
    async function forget(run: Run): Promise<void> {
      expect(await book(redis, { task: run.spec.id, epoch: run.epoch, used: { runs: 1 } })).toBe(true);
      booked.push({ envelopes: run.asking.envelopes.map(({ name }) => name), used: run.reserve.amounts });
      parked.delete(run.spec.id);
    }

    for (let round = 0; round < 60; round++) {
      const fresh = new Set(tasks.filter(() => random.fraction() < 0.3));
      const ending = [...going.values()].filter(({ spec }) => !fresh.has(spec) && random.fraction() < 0.4);
      // Those that are going and start again have died.
      const waiting = [...parked.values()].filter(({ spec }) => !fresh.has(spec) && random.fraction() < 0.2);
      const over = ending.map((run) => (random.fraction() < 0.5 ? end(run) : park(run)));
      await Promise.all([...[...fresh].map(start), ...over, ...waiting.map(forget)]);
      if (random.fraction() < 0.1) at += 6 * 3600_000;
      if (random.fraction() < 0.04) {
        await server.kill();
        await server.restart();
        await waitForRedis(redis, 5_000);
      }
      // Late repetitions of anything change nothing. A reserve that was refused may be asked for once more: that is a start.
      const late = past.filter(() => random.fraction() < 0.1);
      if (round % 10 === 9) await Promise.all(late.slice(0, 20).map((deed) => repeatIfOver(deed)));
      await check();
    }

    async function repeatIfOver(deed: () => Promise<unknown>): Promise<void> {
      const before = await readReserves(redis);
      const made = (await deed()) as boolean | { kind: string };
      if (typeof made === "boolean") return expect(made).toBe(false);
      if (made.kind !== "reserved") return;
      // It stood already, or it was refused before and nobody has started the task since.
      const after = await readReserves(redis);
      for (const [task, held] of after) {
        if (before.has(task) && before.get(task)?.epoch === held.epoch) continue;
        parked.delete(task);
        const spec = tasks.find(({ id }) => id === task);
        if (!spec) throw new Error("a reserve of nobody");
        epochs.set(task, held.epoch);
        going.set(task, {
          spec,
          epoch: held.epoch,
          asking: askingOf(spec, held.epoch, undefined, held.at),
          reserve: held,
        });
      }
    }

    async function check(): Promise<void> {
      const held = await readReserves(redis);
      expect([...held.keys()].sort()).toEqual([...going.keys(), ...parked.keys()].sort());
      for (const balance of await readBalances(redis, [...seen.values()])) {
        const { name, limit, spent, reserved } = balance;
        const draws = <T extends { envelopes: string[] }>(all: T[]) =>
          all.filter(({ envelopes }) => envelopes.includes(name));
        const open = [...going.values(), ...parked.values()].map((run) => ({
          envelopes: run.asking.envelopes.map((each) => each.name),
          used: run.reserve.amounts,
        }));
        expect(round(reserved), name).toEqual(sum(draws(open).map(({ used }) => used)));
        expect(round(spent), name).toEqual(sum(draws(booked).map(({ used }) => used)));
        for (const unit of UNITS)
          expect((spent[unit] ?? 0) + (reserved[unit] ?? 0), `${name} ${unit}`).toBeLessThanOrEqual(
            (limit[unit] ?? Infinity) + 1e-9,
          );
      }
    }
  },
  120_000,
);

test("what nobody knows of runs from which others go on is set aside once, and spent once", async () => {
  const limits: Caps = { run: { usd: 1, tokens: 100 }, task: { usd: 1, tokens: 1_000 } };
  const [spec] = makeTasks() as [TaskSpec];
  const envelopes = envelopesOf(spec, limits, NOON) ?? [];
  const ask = (epoch: number) =>
    reserve(redis, { task: spec.id, epoch, envelopes, want: wantOf(spec, limits, envelopes), at: NOON });
  const own = async () => (await readBalances(redis, envelopes))[0];
  for (let epoch = 1; epoch <= 4; epoch++) {
    expect(await ask(epoch)).toMatchObject({ kind: "reserved", reserve: { amounts: { usd: 1 } } });
    await book(redis, { task: spec.id, epoch, used: { tokens: 10, runs: 1 }, goesOn: true });
    expect(await ask(epoch)).toEqual({ kind: "over" });
    expect(await own()).toMatchObject({ spent: { tokens: 10 * epoch, runs: epoch }, reserved: { usd: 1 } });
    const [next] = await balancesFor(redis, spec.id, envelopes);
    expect(next?.reserved).toEqual({ usd: 0 });
  }
  await ask(5);
  await book(redis, { task: spec.id, epoch: 5, used: { tokens: 10, runs: 1 } });
  expect(await own()).toMatchObject({ spent: { usd: 1, tokens: 50, runs: 5 }, reserved: {} });
  expect(await ask(6)).toMatchObject({ kind: "short", short: { of: "task", unit: "usd" } });
});

test("whatever an agent says that it has used is booked once, and nothing stays set aside", async () => {
  const [spec] = makeTasks() as [TaskSpec];
  const asking = askingOf(spec, 1, undefined, NOON);
  expect(await reserve(redis, asking)).toMatchObject({ kind: "reserved" });
  const used = { usd: 1e200, tokens: Number.MAX_VALUE, ms: Number.NaN, runs: 1 };
  expect(await book(redis, { task: spec.id, epoch: 1, used })).toBe(true);
  expect(await book(redis, { task: spec.id, epoch: 1, used })).toBe(false);
  const balances = await readBalances(redis, asking.envelopes);
  for (const { reserved } of balances) for (const amount of Object.values(reserved)) expect(amount).toBe(0);
  expect(await reserve(redis, askingOf(spec, 2, undefined, NOON))).toMatchObject({ kind: "short" });
});

test("of 50 tasks that start at once only as many do as the day's envelope holds, whoever asks again", async () => {
  const day: Caps = { run: { usd: 2 }, day: { usd: 11 } };
  const tasks = Array.from({ length: 50 }, (_, index) => makeSpec({ commentId: 900 + index, number: index + 1 }));
  const ask = (spec: TaskSpec) => {
    const envelopes = envelopesOf(spec, day, NOON) ?? [];
    return reserve(redis, { task: spec.id, epoch: 1, envelopes, want: wantOf(spec, day, envelopes), at: NOON });
  };
  const made = await Promise.all([...tasks, ...tasks].map(ask));
  const first = made.slice(0, 50).filter(({ kind }) => kind === "reserved");
  // Five times what a run wants, and once the dollar that is left.
  expect(first).toHaveLength(6);
  expect(made.slice(50).filter(({ kind }) => kind === "reserved")).toHaveLength(6);
  const [total] = (await readBalances(redis, envelopesOf(tasks[0] as TaskSpec, day, NOON) ?? [])).slice(-1);
  expect(total?.reserved).toEqual({ usd: 11, runs: 6 });
});

test("of a plan's nodes that start at once only as many do as leave something for the run that brings their work together", async () => {
  const team = makeSpec({ id: "tteam", team: true, budget: { usd: 5, runs: 20 } });
  const node = (index: number): TaskSpec => {
    const { budget, team: _, ...spec } = team;
    const of = {
      plan: team.id,
      id: `n${index}`,
      try: 1,
      home: "h1",
      share: 0.1,
      ...(budget && { planBudget: budget }),
    };
    return { ...spec, id: `tnode${index}`, node: of };
  };
  const ask = (spec: TaskSpec) => {
    const envelopes = envelopesOf(spec, undefined, NOON) ?? [];
    const want = wantOf(spec, undefined, envelopes);
    return reserve(redis, { task: spec.id, epoch: 1, envelopes, want, at: NOON });
  };
  const nodes = Array.from({ length: 30 }, (_, index) => node(index));
  const made = await Promise.all([...nodes, ...nodes].map(ask));
  const started = made.slice(0, 30).filter(({ kind }) => kind === "reserved");
  expect(started).toHaveLength(10);
  const [plan] = await readBalances(
    redis,
    (envelopesOf(team, undefined, NOON) ?? []).filter(({ of }) => of === "plan"),
  );
  expect(plan).toMatchObject({ limit: { usd: 5, runs: 20 }, reserved: { usd: 4, runs: 10 } });
  expect(await ask(team)).toMatchObject({ kind: "reserved", reserve: { amounts: { usd: 1 }, tight: { usd: "plan" } } });
});

test.each(["{", JSON.stringify({ epoch: "one" }), JSON.stringify({ usd: 1 })])(
  "a reserve that cannot be read stays set aside, and holds up no other task: %s",
  async (broken) => {
    const [spec, other] = makeTasks() as [TaskSpec, TaskSpec];
    const asking = askingOf(spec, 1, undefined, NOON);
    expect(await reserve(redis, asking)).toMatchObject({ kind: "reserved" });
    expect(await reserve(redis, askingOf(other, 1, undefined, NOON))).toMatchObject({ kind: "reserved" });
    await redis.hset(keys.reserves, spec.id, broken);
    expect([...(await readReserves(redis)).keys()]).toEqual([other.id]);
    const [own] = await balancesFor(redis, spec.id, asking.envelopes);
    expect(own?.reserved).toMatchObject({ usd: 1 });
    expect(await book(redis, { task: other.id, epoch: 1, used: { usd: 1 } })).toBe(true);
  },
);
