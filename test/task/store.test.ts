import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Taken } from "../../src/task/due-set.ts";
import { keys } from "../../src/task/keys.ts";
import { tellOnce } from "../../src/task/record.ts";
import type { connectRedis } from "../../src/task/redis.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { LANE, makeSpec, STARTS } from "../support/task-spec.ts";

describe("the task store", () => {
  let server: ConnectedRedis;
  let redis: ReturnType<typeof connectRedis>;
  let store: TaskStore;
  const spec = makeSpec();

  beforeAll(async () => {
    server = await startConnectedRedis();
    ({ redis } = server);
    store = makeTaskStore(redis);
  });
  beforeEach(async () => {
    await redis.flushall();
  });
  afterAll(async () => {
    await server.close();
  });

  const claim = (name: string) =>
    store.advance(spec.id, {
      name: "claimed",
      host: name,
      claim: name,
      job: "job-1",
      lane: LANE,
      at: spec.acceptedAt + 1,
    });

  /** Takes the one report that is due. */
  async function take(): Promise<Taken> {
    const [taken] = await store.reports.take(Date.now(), 1);
    if (!taken) throw new Error("no report is due");
    return taken;
  }
  const theTask = async () => (await store.read(spec.id)) as Task;

  test("the same task is created once", async () => {
    expect(
      await Promise.all([store.create(spec, STARTS), store.create(spec, STARTS), store.create(spec, STARTS)]),
    ).toEqual([true, false, false]);
    expect(await store.openIds()).toEqual([spec.id]);
    expect(await store.idsOfIssue(11, 1)).toEqual([spec.id]);
    expect((await take()).member).toBe(spec.id);
  });

  test("tasks are listed in the order in which they came, whatever the clocks of those who accepted them said", async () => {
    const ids: string[] = [];
    for (const [commentId, later] of [5, 0, 0, -9].entries()) {
      const { id } = makeSpec({ commentId, number: 1, conversation: 1 });
      await store.create(makeSpec({ commentId, acceptedAt: spec.acceptedAt + later }), STARTS);
      ids.push(id);
    }
    expect(await store.idsOfIssue(11, 1)).toEqual(ids);
    expect(await store.idsOfConversation(11, { conversation: 1, number: 1 })).toEqual(ids);
  });

  test("tasks whose records are long gone are not listed any more once another one comes", async () => {
    const year = 365 * 24 * 3600_000;
    const [old, young, next] = [0, 0.9 * year, year].map((later, commentId) =>
      makeSpec({ commentId, number: 1, conversation: 1, acceptedAt: spec.acceptedAt + later }),
    );
    for (const each of [old, young, next]) if (each) await store.create(each, STARTS);
    expect(await store.idsOfIssue(11, 1)).toEqual([young?.id, next?.id]);
    expect(await store.idsOfConversation(11, { conversation: 1, number: 1 })).toEqual([young?.id, next?.id]);
  });

  test("who waits for a task is looked at when that is over, also when it only then began to wait for it", async () => {
    const follower = makeSpec({ commentId: 502 });
    await store.create(spec, STARTS);
    await store.create(follower, { waits: [{ for: "agent", until: 1 }] });
    const reasons = [{ for: "task" as const, task: spec.id, until: 1 }];
    await store.advance(follower.id, { name: "waits", version: 1, reasons, at: 2 });
    await store.advance(spec.id, { name: "cancel", reason: { kind: "command", by: "x" }, at: 3 });
    expect((await store.dispatches.take(Date.now(), 9)).map(({ member }) => member)).toEqual([follower.id]);
    expect(await redis.exists(keys.followers(spec.id))).toBe(0);
  });

  test("of two hosts that claim at the same moment both are runs, in an order, and none is lost", async () => {
    await store.create(spec, STARTS);
    await Promise.all(Array.from({ length: 2 }, (_, index) => claim(`h${index}`)));
    expect(await store.read(spec.id)).toMatchObject({ epoch: 2, version: 3 });
  });

  test("news that is sent again after a lost reply changes nothing", async () => {
    await store.create(spec, STARTS);
    expect(await claim("h1")).toMatchObject({ epoch: 1 });
    expect(await claim("h1")).toBeUndefined();
    expect(await store.read(spec.id)).toMatchObject({ epoch: 1, version: 2 });
  });

  test("the first outcome wins when many arrive together", async () => {
    await store.create(spec, STARTS);
    await claim("h1");
    const outcomes = await Promise.all([
      store.advance(spec.id, { name: "ended", epoch: 1, outcome: { kind: "no_changes", lastWords: "" }, at: 5 }),
      store.advance(spec.id, { name: "pull_request", pullRequest: { number: 3, url: "u" }, at: 5 }),
      store.advance(spec.id, { name: "given_up", version: 2, outcome: { kind: "host_error", message: "x" }, at: 5 }),
    ]);
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(await store.openIds()).toEqual([]);
  });

  test("a change that comes while it is being reported keeps the task unreported", async () => {
    await store.create(spec, STARTS);
    const taken = await take();
    const seen = await theTask();
    await claim("h1");
    expect(await store.markReported(seen, taken)).toBe("changed");
    expect(await store.reports.size()).toBe(1);
    expect(await store.markReported(await theTask(), taken)).toBe("told");
    expect(await store.reports.size()).toBe(0);
  });

  test("a report that another bot has taken since is not marked as told, unless that one has told the same", async () => {
    await store.create(spec, STARTS);
    const frozen = await take();
    await redis.zadd(keys.unreported, 1, spec.id);
    const other = await take();
    expect(await store.markReported(await theTask(), frozen)).toBe("lost");
    expect(await store.markReported(await theTask(), other)).toBe("told");
    // As when the answer was lost and the command is sent again.
    expect(await store.markReported(await theTask(), other)).toBe("told");
    await claim("h1");
    expect(await store.markReported(await theTask(), frozen)).toBe("lost");
    expect(await store.reports.size()).toBe(1);
  });

  test("a doubt has a task looked at again, and only who has found it can mark the task as told", async () => {
    await store.create(spec, STARTS);
    const [first, task] = [await take(), await theTask()];
    expect(await store.markReported(task, first)).toBe("told");
    await store.doubt(spec.id, first, Date.now());
    await store.doubt("tunknown", first, Date.now());
    expect(await store.reports.size()).toBe(1);
    const second = await take();
    expect(await store.markReported(task, second)).toBe("changed");
    expect((await store.seen(spec.id)).doubt).toBe(first.token);
    expect(await store.markReported(task, second, { doubt: first.token, news: "" })).toBe("told");
    expect((await store.seen(spec.id)).doubt).toBe("");
  });

  test("a postponed report is due earlier when something changes", async () => {
    await store.create(spec, STARTS);
    await (await take()).postpone(spec.acceptedAt + 60_000);
    expect(await store.reports.nextAt()).toBe(spec.acceptedAt + 60_000);
    const later = spec.acceptedAt + 30_000;
    await store.advance(spec.id, {
      name: "claimed",
      host: "h1",
      claim: "h1",
      job: "job-1",
      lane: LANE,
      at: later,
    });
    expect(await store.reports.nextAt()).toBe(later);
  });

  test("a change during a report makes it due again at once, however far it is put off", async () => {
    await store.create(spec, STARTS);
    const taken = await take();
    await claim("h1");
    const outcome = { kind: "no_changes" as const, lastWords: "" };
    await store.advance(spec.id, { name: "ended", epoch: 1, outcome, at: spec.acceptedAt + 95 });
    expect(await store.reports.take(Date.now(), 1)).toEqual([]);
    await taken.postpone(Date.now() + 60_000);
    expect(await store.reports.nextAt()).toBe(spec.acceptedAt + 95);
  });

  test("the start of a task is told of in one word, half a second after its acceptance; its end at once", async () => {
    await store.create(spec, STARTS);
    const firstWordAt = spec.acceptedAt + 500;
    expect(await store.reports.nextAt()).toBe(firstWordAt);
    await claim("h1");
    await store.advance(spec.id, { name: "phase", epoch: 1, phase: "working", at: spec.acceptedAt + 90 });
    await store.advance(spec.id, {
      name: "progress",
      epoch: 1,
      progress: { lastLines: "x" },
      at: spec.acceptedAt + 92,
    });
    expect(await store.reports.nextAt()).toBe(firstWordAt);
    const outcome = { kind: "no_changes" as const, lastWords: "" };
    await store.advance(spec.id, { name: "ended", epoch: 1, outcome, at: spec.acceptedAt + 95 });
    expect(await store.reports.nextAt()).toBe(spec.acceptedAt + 95);
  });

  test("a bot whose clock runs ahead holds the first word back no longer than others", async () => {
    const early = makeSpec({ acceptedAt: Date.now() + 3_600_000 });
    await store.create(early, STARTS);
    const claimed = { name: "claimed", host: "h1", claim: "h1", job: "job-1", lane: LANE } as const;
    await store.advance(early.id, { ...claimed, at: Date.now() });
    expect(await store.reports.nextAt()).toBeLessThanOrEqual(Date.now() + 500);
  });

  test("a settled task that has been reported is kept for ninety days, an open one for ever", async () => {
    await store.create(spec, STARTS);
    await store.markReported(await theTask(), await take());
    expect(await redis.ttl(keys.task(spec.id))).toBe(-1);
    await store.advance(spec.id, { name: "cancel", reason: { kind: "command", by: "maintainer" }, at: 9 });
    await store.markReported(await theTask(), await take());
    expect(await redis.ttl(keys.task(spec.id))).toBeGreaterThan(89 * 24 * 3600);
  });

  test("an issue's list of tasks does not expire under a task that came after the others were over", async () => {
    const list = keys.issue(spec.repository.id, spec.number);
    await store.create(spec, STARTS);
    await store.advance(spec.id, { name: "cancel", reason: { kind: "command", by: "maintainer" }, at: 9 });
    await store.markReported(await theTask(), await take());
    expect(await redis.ttl(list)).toBeGreaterThan(0);
    await store.create({ ...spec, id: "tbbbbbbbbbbbbbbb" }, STARTS);
    expect(await redis.ttl(list)).toBe(-1);
  });

  test("what nobody here wrote is unknown, and neither changed nor told of twice", async () => {
    const told: string[] = [];
    const careful = makeTaskStore(
      redis,
      tellOnce((key) => told.push(key)),
    );
    await store.create(spec, STARTS);
    const { version: _, ...record } = { ...(await store.read(spec.id)) };
    const foreign = { version: "latest", record: JSON.stringify(record) };
    await redis.hset(keys.task(spec.id), foreign);
    expect(await careful.read(spec.id)).toBeUndefined();
    expect(await careful.readMany([spec.id])).toEqual([]);
    expect(await careful.advance(spec.id, { name: "cancel", reason: { kind: "command", by: "x" }, at: 9 })).toBe(
      undefined,
    );
    expect(await redis.hgetall(keys.task(spec.id))).toMatchObject(foreign);
    expect(told).toEqual([keys.task(spec.id)]);
  });

  test("a record is absent, newer or unreadable, and news changes none of these", async () => {
    const quiet = makeTaskStore(redis, () => undefined);
    await store.create(spec, STARTS);
    const record = JSON.parse((await redis.hget(keys.task(spec.id), "record")) ?? "") as object;
    const news = { name: "claimed" as const, host: "h", claim: "c", job: "j", lane: LANE, at: 9 };
    const stored: [string, Record<string, string>][] = [
      ["newer", { version: "1", record: JSON.stringify({ ...record, format: 3, state: { name: "parked" } }) }],
      ["newer", { version: "1", record: JSON.stringify({ ...record, format: 3 }) }],
      ["unreadable", { version: "1", record: JSON.stringify({ ...record, state: { name: "parked" } }) }],
      ["unreadable", { version: "1", record: "{half" }],
      ["unreadable", { version: "1" }],
      ["unreadable", { record: JSON.stringify(record) }],
      ["absent", {}],
    ];
    for (const [kind, fields] of stored) {
      await redis.del(keys.task(spec.id));
      if (kind !== "absent") await redis.hset(keys.task(spec.id), fields);
      expect(await quiet.lookUp(spec.id)).toMatchObject({ kind });
      expect(await quiet.change(spec.id, news)).toMatchObject({ kind });
      expect(await quiet.read(spec.id)).toBeUndefined();
      expect(await redis.hgetall(keys.task(spec.id))).toEqual(fields);
    }
  });

  test("what a newer Orch has added to a record of this format is still there after a change", async () => {
    await store.create(spec, STARTS);
    const record = JSON.parse((await redis.hget(keys.task(spec.id), "record")) ?? "") as { spec: object };
    const added = { ...record, plan: "p1", spec: { ...record.spec, deadline: 7 } };
    await redis.hset(keys.task(spec.id), "record", JSON.stringify(added));
    await claim("h1");
    await store.advance(spec.id, { name: "phase", epoch: 1, phase: "working", at: 7 });
    const written = JSON.parse((await redis.hget(keys.task(spec.id), "record")) ?? "") as object;
    expect(written).toMatchObject({ format: 2, epoch: 1, plan: "p1", spec: { deadline: 7 } });
  });

  describe("what an agent says that it is at", () => {
    const say = (text: string, epoch = 1) => store.say(spec.id, { epoch, text }, spec.acceptedAt + 5);
    const said = async () => progressOf((await store.read(spec.id)) as Task).said;

    test("is read with the record, is to be told, and is kept by whatever changes the record next", async () => {
      await store.create(spec, STARTS);
      await claim("h1");
      const { version } = (await store.read(spec.id)) as Task;
      expect(await say("reading")).toEqual({ nothingWaits: true });
      expect(await store.read(spec.id)).toMatchObject({ version: version + 1 });
      expect(await said()).toBe("reading");
      expect((await take()).member).toBe(spec.id);
      await store.advance(spec.id, { name: "phase", epoch: 1, phase: "working", at: 7 });
      await redis.hdel(keys.task(spec.id), "said");
      expect(await said()).toBe("reading");
    });

    test("changes nothing when it comes twice, from another run, or before and after there is one", async () => {
      await store.create(spec, STARTS);
      await say("too early", 0);
      await claim("h1");
      await say("reading");
      const { version } = (await store.read(spec.id)) as Task;
      await say("reading");
      await say("from another run", 2);
      expect(await store.read(spec.id)).toMatchObject({ version });
      expect(await said()).toBe("reading");
      await store.advance(spec.id, { name: "ended", epoch: 1, outcome: { kind: "no_changes", lastWords: "" }, at: 9 });
      await say("too late");
      expect(await said()).toBe("reading");
    });

    test("leaves a record in doubt alone, and is of no interest to the next run", async () => {
      await store.create(spec, STARTS);
      await claim("h1");
      await say("reading");
      await claim("h2");
      expect(await said()).toBeUndefined();
      await redis.hset(keys.task(spec.id), "record", '{"format":99}');
      const before = await redis.hgetall(keys.task(spec.id));
      await say("writing", 2);
      expect(await redis.hgetall(keys.task(spec.id))).toEqual(before);
      for (const unreadable of ["{half", "5", "{}"]) {
        await redis.hset(keys.task(spec.id), "record", unreadable);
        await say("writing", 2);
      }
      expect(await redis.hget(keys.task(spec.id), "said")).toContain("reading");
    });

    test("says whether something waits for the agent", async () => {
      await store.create(spec, STARTS);
      await claim("h1");
      const note = { by: "alice", at: 9, number: spec.number, source: { kind: "comment" as const, id: 1, url: "u" } };
      const message = { v: 1 as const, id: "m", from: { person: "alice" }, kind: "note" as const, text: "hi", at: 9 };
      await store.messages.send(spec.id, message, note);
      expect(await say("reading")).toEqual({ nothingWaits: false });
      expect(await say("reading")).toEqual({ nothingWaits: false });
    });
  });

  test("hints of what is on GitHub that cannot be read are none", async () => {
    const told: string[] = [];
    const careful = makeTaskStore(redis, (key) => told.push(key));
    await redis.set(keys.shown(spec.id), "{half");
    expect(await careful.shown(spec.id)).toEqual({});
    expect(told).toEqual([keys.shown(spec.id)]);
  });

  test("the timeline tells what happened, in order", async () => {
    await store.create(spec, STARTS);
    await claim("h1");
    await store.advance(spec.id, { name: "phase", epoch: 1, phase: "working", at: 7 });
    expect((await store.events(spec.id)).map((event) => event.what)).toEqual(["queued", "claimed", "phase"]);
  });

  test("the timeline keeps how a task began and how it ended, whatever comes in between", async () => {
    const long = makeSpec({ instruction: "x".repeat(5_000) });
    await store.create(long, STARTS);
    await claim("h1");
    for (let count = 1; count <= 300; count++) {
      const progress = { lastLines: `line ${count}` };
      await store.advance(spec.id, { name: "progress", epoch: 1, progress, at: count });
      const phase = count % 2 === 0 ? ("working" as const) : ("verifying" as const);
      await store.advance(spec.id, { name: "phase", epoch: 1, phase, at: count });
    }
    const outcome = { kind: "no_changes" as const, lastWords: "y".repeat(4_000) };
    await store.advance(spec.id, { name: "ended", epoch: 1, outcome, at: 301 });
    const events = await store.events(spec.id);
    expect(events).toHaveLength(61);
    expect(events.slice(0, 3).map((event) => event.what)).toEqual(["queued", "claimed", "phase"]);
    expect(events.at(-1)).toMatchObject({ what: "ended", detail: { outcome: { kind: "no_changes" } } });
    expect(events.some((event) => event.what === "progress")).toBe(false);
    for (const { detail } of events) expect(JSON.stringify(detail).length).toBeLessThan(300);
    const instruction = String(events[0]?.detail.instruction);
    expect([instruction.length, (await theTask()).spec.instruction.length]).toEqual([200, 5_000]);
  });
});
