import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import { PLAN_KEEPS, type Plan, withEvent, withWake } from "../../src/task/plan.ts";
import { makePlanStore, type PlanStore } from "../../src/task/plans.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { makeSpec, STARTS } from "../support/task-spec.ts";
import { makePlan, planNode, T0 } from "./plans-made.ts";

let server: ConnectedRedis;
let plans: PlanStore;
beforeAll(async () => {
  server = await startConnectedRedis();
});
afterAll(() => server.close());
beforeEach(async () => {
  await server.redis.flushall();
  plans = makePlanStore(server.redis, () => undefined);
});

const plan = () => makePlan([planNode("a")], { version: 0 });
const renamed = (goal: string) => (before: Plan) => ({ ...before, goal });

describe("a plan", () => {
  test("is recorded once, and read as it was written", async () => {
    expect(await plans.create(plan())).toBe(true);
    expect(await plans.create({ ...plan(), goal: "Another" })).toBe(false);
    expect(await plans.read(plan().id)).toMatchObject({ ...plan(), version: 1 });
    expect(await plans.openIds()).toEqual([plan().id]);
  });

  test("keeps every one of many changes at once", async () => {
    await plans.create(plan());
    const add = (index: number) => (before: Plan) => ({ ...before, nodes: [...before.nodes, planNode(`n${index}`)] });
    await Promise.all(Array.from({ length: 12 }, (_, index) => plans.change(plan().id, add(index), T0)));
    expect(await plans.read(plan().id)).toMatchObject({ version: 13 });
    expect((await plans.read(plan().id))?.nodes).toHaveLength(13);
  });

  test("that has changed since it was judged is not written over", async () => {
    await plans.create(plan());
    const judged = { ...((await plans.read(plan().id)) as Plan), goal: "Judged" };
    await plans.change(plan().id, renamed("Changed"), T0);
    expect(await plans.replace(judged, { at: T0, lookAt: T0 })).toBe(false);
    expect((await plans.read(plan().id))?.goal).toBe("Changed");
  });

  test("with every change has its team looked at and told of", async () => {
    const store = makeTaskStore(server.redis);
    const spec = makeSpec({ id: plan().id, team: true });
    await store.create(spec, STARTS);
    await plans.create(plan());
    await plans.change(plan().id, renamed("Changed"), T0 + 1);
    expect((await store.seen(plan().id)).news).toBe("2");
    expect(await store.dispatches.members()).toEqual([plan().id]);
    expect(await store.reports.members()).toEqual([plan().id]);
  });

  test("that is over is kept for a while, and looked at no more", async () => {
    await plans.create(plan());
    await server.redis.del(keys.dispatch);
    await plans.change(plan().id, (before) => ({ ...before, state: "over" }), T0);
    expect(await plans.openIds()).toEqual([]);
    expect(await server.redis.ttl(keys.plan(plan().id))).toBeGreaterThan(80 * 24 * 3600);
    expect(await server.redis.exists(keys.dispatch)).toBe(0);
  });

  test("whose record cannot be read, or is of a newer Orch, is left alone", async () => {
    for (const record of ['{"id":1}', JSON.stringify({ ...plan(), format: 99 })]) {
      await server.redis.hset(keys.plan("tx"), "version", 3, "record", record);
      expect((await plans.change("tx", renamed("Mine"), T0)).kind).not.toBe("known");
      expect(await server.redis.hget(keys.plan("tx"), "record")).toBe(record);
    }
    expect(await plans.change("tnone", renamed("Mine"), T0)).toEqual({ kind: "absent" });
  });
});

test("what a plan remembers is bounded: the first thing that happened and the latest ones stay", () => {
  let full = withEvent(makePlan([]), { at: 0, what: "approved" });
  for (let at = 1; at <= 2 * PLAN_KEEPS.events; at++)
    full = withEvent(full, { at, what: "tried", text: "x".repeat(5_000) });
  expect(full.events).toHaveLength(PLAN_KEEPS.events);
  expect(full.events[0]).toMatchObject({ what: "approved" });
  expect(full.events.at(-1)).toMatchObject({ at: 2 * PLAN_KEEPS.events, text: "x".repeat(PLAN_KEEPS.text) });
});

test("the manager is woken once for the same matter, and for no more than so many", () => {
  const matter = (key: string) => ({ kind: "blocker" as const, key, text: "No network.", at: T0 });
  const once = withWake(makePlan([]), matter("a")) as Plan;
  expect(withWake(once, matter("a"))).toBeUndefined();
  const managing: Plan = {
    ...once,
    state: "managing",
    wakes: [],
    managed: { after: 1, wakes: once.wakes, revision: 1 },
  };
  expect(withWake(managing, matter("a"))).toBeUndefined();
  let full = once;
  for (let index = 0; index < 50; index++) full = withWake(full, matter(`m${index}`)) ?? full;
  expect(full.wakes).toHaveLength(PLAN_KEEPS.wakes);
});
