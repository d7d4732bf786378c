import type { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DueSet, HELD_MS, LEASE_MS, makeDueSet, type Taken } from "../../src/task/due-set.ts";
import { randomFrom } from "../support/random.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";

const NOW = 1_700_000_000_000;
const KEY = "due";

let server: ConnectedRedis;
let redis: Redis;
let due: DueSet;
beforeAll(async () => {
  server = await startConnectedRedis();
  ({ redis } = server);
  due = makeDueSet(redis, KEY);
});
beforeEach(async () => {
  await redis.flushall();
});
afterAll(async () => {
  await server.close();
});

/** The one member that is due. */
async function takeOne(now = NOW): Promise<Taken> {
  const [taken] = await due.take(now, 1);
  if (!taken) throw new Error("nothing is due");
  return taken;
}
const namesOf = (all: readonly Taken[]) => all.map(({ member }) => member);
const leftOver = async () => [await redis.exists(`${KEY}:taken`), await redis.exists(`${KEY}:news`)];

describe("a member", () => {
  test("is due at the earliest of the times that it was planned for", async () => {
    expect(await due.nextAt()).toBeUndefined();
    for (const at of [NOW + 2, NOW + 1, NOW + 3]) await due.plan("a", at);
    expect(await due.nextAt()).toBe(NOW + 1);
    expect(await due.take(NOW, 10)).toEqual([]);
    expect(namesOf(await due.take(NOW + 1, 10))).toEqual(["a"]);
  });

  test("that is in the set stays as planned when it is only made sure of", async () => {
    expect(await due.ensure("a", NOW)).toBe(true);
    expect(await due.ensure("a", NOW - 1)).toBe(false);
    expect(await due.nextAt()).toBe(NOW);
  });

  test("that is taken is its taker's until the lease ends, and as long as that is renewed", async () => {
    await due.plan("a", NOW);
    const taken = await takeOne();
    expect(await due.take(NOW + LEASE_MS - 1, 10)).toEqual([]);
    expect(await taken.renew(NOW + 1_000)).toBe(true);
    expect(await due.take(NOW + LEASE_MS, 10)).toEqual([]);
    expect(namesOf(await due.take(NOW + 1_000 + LEASE_MS, 10))).toEqual(["a"]);
  });

  test("that its taker let go of is not abandoned; one whose lease ran out is", async () => {
    await due.plan("a", NOW);
    const first = await takeOne();
    expect(first.abandoned).toBe(false);
    await first.postpone(NOW);
    expect((await takeOne()).abandoned).toBe(false);
    expect((await takeOne(NOW + LEASE_MS)).abandoned).toBe(true);
  });

  test("is held while the last good renewal is young, whatever the clock of the wall says", async () => {
    await due.plan("a", NOW);
    const taken = await takeOne();
    expect(taken.isHeld()).toBe(true);
    expect(taken.sinceRenewalMs()).toBeLessThan(HELD_MS);
    await takeOne(NOW + LEASE_MS);
    expect(await taken.renew(NOW)).toBe(false);
    expect(taken.isHeld()).toBe(false);
  });

  test("is out when its taker is done, and due again when it puts it off", async () => {
    await due.plan("a", NOW);
    expect(await (await takeOne()).postpone(NOW + 60_000)).toBe(true);
    expect(await due.nextAt()).toBe(NOW + 60_000);
    expect(await (await takeOne(NOW + 60_000)).done()).toBe(true);
    expect(await due.size()).toBe(0);
    expect(await leftOver()).toEqual([0, 0]);
  });

  test("that is put off is in the set afterwards even if somebody had removed it by hand", async () => {
    await due.plan("a", NOW);
    const taken = await takeOne();
    await redis.zrem(KEY, "a");
    expect(await taken.postpone(NOW + 9)).toBe(true);
    expect(await due.nextAt()).toBe(NOW + 9);
  });

  test("that an older Orch removed while it was taken can be planned again, and is nobody's", async () => {
    await due.plan("a", NOW);
    const taken = await takeOne();
    await redis.zrem(KEY, "a");
    await due.plan("a", NOW + 1);
    expect(await taken.renew(NOW + 1)).toBe(false);
    expect(namesOf(await due.take(NOW + 1, 1))).toEqual(["a"]);
  });
});

describe("a set that is hastened", () => {
  test("is due as a whole, but for what was due earlier", async () => {
    for (const [member, at] of [
      ["early", NOW - 5],
      ["soon", NOW + 15_000],
      ["late", NOW + 60_000],
    ] as const)
      await due.plan(member, at);
    await due.hasten(NOW);
    expect(await redis.zrange(KEY, "0", "-1", "WITHSCORES")).toEqual(
      ["early", NOW - 5, "late", NOW, "soon", NOW].map(String),
    );
  });

  test("has what is taken looked at again, once its taker lets go of it", async () => {
    for (const letGo of [(taken: Taken) => taken.done(), (taken: Taken) => taken.postpone(NOW + 60_000)]) {
      await due.plan("a", NOW);
      const taken = await takeOne();
      await due.hasten(NOW + 1);
      expect(await due.take(NOW + 1, 10)).toEqual([]);
      await letGo(taken);
      expect(await due.nextAt()).toBe(NOW + 1);
      await redis.flushall();
    }
  });

  test("that is empty stays so", async () => {
    await due.hasten(NOW);
    expect([await due.size(), ...(await leftOver())]).toEqual([0, 0, 0]);
  });
});

describe("news of what is taken", () => {
  test("makes it due again when its taker is done", async () => {
    await due.plan("a", NOW);
    const taken = await takeOne();
    await due.plan("a", NOW + 2);
    await due.plan("a", NOW + 3);
    expect(await due.take(NOW + 3, 10)).toEqual([]);
    await taken.done();
    expect(await due.nextAt()).toBe(NOW + 2);
    await (await takeOne(NOW + 2)).done();
    expect(await due.size()).toBe(0);
  });

  test("makes it due before the time to which its taker puts it off, and never later", async () => {
    for (const [news, at] of [
      [NOW + 2, NOW + 60_000],
      [NOW + 60_000, NOW + 2],
    ] as const) {
      await due.plan("a", NOW);
      const taken = await takeOne();
      await due.plan("a", news);
      await taken.postpone(at);
      expect(await due.nextAt()).toBe(NOW + 2);
      await redis.flushall();
    }
  });

  test("is known to whoever takes it next, unless it is for later", async () => {
    for (const [news, left] of [
      [NOW + 1, undefined],
      [NOW + 60_000, NOW + 60_000],
    ] as const) {
      await due.plan("a", NOW);
      await due.take(NOW, 1);
      await due.plan("a", news);
      const next = await takeOne(NOW + LEASE_MS);
      await next.done();
      expect(await due.nextAt()).toBe(left);
      await redis.flushall();
    }
  });
});

describe("whoever took it before the last time", () => {
  test("cannot keep it, put it off or end it, and is told so", async () => {
    await due.plan("a", NOW);
    const frozen = await takeOne();
    const other = await takeOne(NOW + LEASE_MS);
    const before = await redis.zscore(KEY, "a");
    expect([await frozen.renew(NOW), await frozen.postpone(NOW), await frozen.done()]).toEqual([false, false, false]);
    await expect(frozen.keep(NOW)).rejects.toThrow("a has been taken by another one since");
    expect(await redis.zscore(KEY, "a")).toBe(before);
    expect(await other.renew(NOW + LEASE_MS)).toBe(true);
  });

  test("has it still when the lease has ended and nobody else was there", async () => {
    await due.plan("a", NOW);
    const taken = await takeOne();
    expect(await taken.renew(NOW + 10 * LEASE_MS)).toBe(true);
    expect(await due.take(NOW + 10 * LEASE_MS, 1)).toEqual([]);
  });

  test("does not bring back what is done", async () => {
    await due.plan("a", NOW);
    const frozen = await takeOne();
    await (await takeOne(NOW + LEASE_MS)).done();
    expect([await frozen.renew(NOW), await frozen.postpone(NOW), await frozen.done()]).toEqual([false, false, false]);
    expect(await due.size()).toBe(0);
  });
});

test("a command that is sent twice does what it did, and a take gives the same again", async () => {
  for (const member of ["a", "b", "c"]) await due.plan(member, NOW);
  // As ioredis does when the connection breaks before the answer: the same arguments once more.
  const take = () =>
    redis.orchDueTake(3, KEY, `${KEY}:taken`, `${KEY}:news`, "token", NOW, NOW + LEASE_MS, 2, "", 1, 2);
  expect(await take()).toEqual(["a", "0", "b", "0"]);
  // Whoever does not know which of the two this is takes both for abandoned.
  expect(await take()).toEqual(["a", "1", "b", "1"]);
  const done = () => redis.orchDueLetGo(3, KEY, `${KEY}:taken`, `${KEY}:news`, "a", "token", "");
  const postpone = () => redis.orchDueLetGo(3, KEY, `${KEY}:taken`, `${KEY}:news`, "b", "token", NOW + 9);
  for (let time = 0; time < 2; time++) {
    await done();
    await postpone();
    expect(await redis.zrange(KEY, "0", "-1", "WITHSCORES")).toEqual(["c", String(NOW), "b", String(NOW + 9)]);
  }
});

test("a taker gets nothing that it has, and its groups get their shares", async () => {
  const shared = makeDueSet(redis, KEY, { group: "^%d+", most: 2 });
  for (const member of ["1-a", "1-b", "1-c", "2-a"]) await shared.plan(member, NOW);
  expect(namesOf(await shared.take(NOW, 9, ["1-z"]))).toEqual(["1-a", "2-a"]);
  expect(namesOf(await shared.take(NOW + LEASE_MS, 9, ["1-a", "2-a"]))).toEqual(["1-b"]);
});

describe("in thousands of random orders", () => {
  const MEMBERS = ["a", "b", "c", "d"];
  const STEPS = 4_000;

  /** What is to be true of one member: a plain account of what the set promises. */
  type Account = { dueAt?: number; token?: string; news?: number };

  const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);

  test(`three takers, who also crash and freeze, agree with the account of it (SEED=${seed})`, async () => {
    const { below } = randomFrom(seed);
    const accounts = new Map<string, Account>();
    const hands: Taken[][] = [[], [], []];
    const past: Taken[] = [];
    let now = NOW;
    const accountOf = (member: string): Account => accounts.get(member) ?? {};

    async function plan(member: string): Promise<void> {
      const at = now + below(4_000) - 2_000;
      await due.plan(member, at);
      const account = accountOf(member);
      if (account.token) accounts.set(member, { ...account, news: Math.min(account.news ?? at, at) });
      else accounts.set(member, { dueAt: Math.min(account.dueAt ?? at, at) });
    }

    async function hasten(): Promise<void> {
      const at = now + below(4_000) - 2_000;
      await due.hasten(at);
      for (const [member, account] of accounts) {
        if (account.token) accounts.set(member, { ...account, news: Math.min(account.news ?? at, at) });
        else accounts.set(member, { dueAt: Math.min(account.dueAt ?? at, at) });
      }
    }

    async function take(hand: Taken[]): Promise<void> {
      const limit = 1 + below(MEMBERS.length);
      const has = namesOf(hand);
      const all = await due.take(now, limit, has);
      const isFree = ([member, { dueAt = Number.POSITIVE_INFINITY }]: [string, Account]) =>
        dueAt <= now && !has.includes(member);
      const expected = [...accounts]
        .filter(isFree)
        .sort(
          ([one, { dueAt: first = 0 }], [other, { dueAt: second = 0 }]) => first - second || (one < other ? -1 : 1),
        );
      expect(namesOf(all)).toEqual(expected.slice(0, limit).map(([member]) => member));
      for (const taken of all) {
        const { news } = accountOf(taken.member);
        const later = news !== undefined && news > now ? { news } : {};
        accounts.set(taken.member, { dueAt: now + LEASE_MS, token: taken.token, ...later });
        hand.push(taken);
      }
    }

    async function letGo(taken: Taken, at?: number): Promise<void> {
      const { token, news } = accountOf(taken.member);
      const isHolder = token === taken.token;
      expect(at === undefined ? await taken.done() : await taken.postpone(at)).toBe(isHolder);
      past.push(taken);
      if (!isHolder) return;
      const next = Math.min(at ?? Number.POSITIVE_INFINITY, news ?? Number.POSITIVE_INFINITY);
      if (next === Number.POSITIVE_INFINITY) accounts.delete(taken.member);
      else accounts.set(taken.member, { dueAt: next });
    }

    async function renew(taken: Taken): Promise<void> {
      const account = accountOf(taken.member);
      const isHolder = account.token === taken.token;
      expect(await taken.renew(now)).toBe(isHolder);
      if (isHolder) accounts.set(taken.member, { ...account, dueAt: now + LEASE_MS });
    }

    /** Nothing that is over changes anything, whatever it tries. */
    async function tryAsOfOld(): Promise<void> {
      const taken = past[below(past.length)];
      if (!taken) return;
      expect([await taken.renew(now), await taken.postpone(now), await taken.done()]).toEqual([false, false, false]);
    }

    async function agrees(): Promise<void> {
      const [set, holders, news] = await Promise.all([
        redis.zrange(KEY, "0", "-1", "WITHSCORES"),
        redis.hgetall(`${KEY}:taken`),
        redis.zrange(`${KEY}:news`, "0", "-1", "WITHSCORES"),
      ]);
      const pairs = (flat: string[]) =>
        Object.fromEntries(flat.flatMap((each, index) => (index % 2 === 0 ? [[each, Number(flat[index + 1])]] : [])));
      const wanted = (field: keyof Account) =>
        Object.fromEntries(
          [...accounts].filter(([, each]) => each[field] !== undefined).map(([member, each]) => [member, each[field]]),
        );
      expect([pairs(set), holders, pairs(news)]).toEqual([wanted("dueAt"), wanted("token"), wanted("news")]);
    }

    for (let step = 0; step < STEPS; step++) {
      const hand = hands[below(hands.length)] ?? [];
      const held = hand[below(hand.length || 1)];
      const give = async (at?: number) => {
        if (!held) return;
        hand.splice(hand.indexOf(held), 1);
        await letGo(held, at);
      };
      const deeds = [
        () => plan(MEMBERS[below(MEMBERS.length)] ?? "a"),
        () => (below(4) === 0 ? hasten() : undefined),
        () => take(hand),
        () => take(hand),
        () => give(),
        () => give(now + below(4_000) - 1_000),
        async () => held && (await renew(held)),
        // A crash: whoever had it knows nothing of it any more.
        () => hand.splice(0),
        tryAsOfOld,
      ];
      now += below(10) === 0 ? LEASE_MS + below(2_000) : below(600); // now and then everybody freezes
      await deeds[below(deeds.length)]?.();
      await agrees();
    }

    // Nothing is forgotten: what still stands in the account comes to whoever waits for it, and ends.
    now += 100 * LEASE_MS;
    for (const taken of await due.take(now, MEMBERS.length)) await taken.done();
    for (const taken of await due.take(now, MEMBERS.length)) await taken.done();
    expect(await due.size()).toBe(0);
    expect(await leftOver()).toEqual([0, 0]);
  });
});
