import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readWorld } from "../../src/dispatch/world.ts";
import { keys } from "../../src/task/keys.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { STARTS } from "../support/task-spec.ts";
import { type Setting, startSetting } from "./setting.ts";
import { onBranch } from "./worlds.ts";

let at: Setting;
beforeAll(async () => {
  at = await startSetting();
});
afterEach(async () => {
  await at.clear();
});
afterAll(async () => {
  await at.close();
});

/** What the decision about the task is made of, and of how many tasks the records were read for it. */
async function look(spec: TaskSpec) {
  let read = 0;
  const lookUp: typeof at.store.lookUp = async (id) => {
    read += 1;
    return await at.store.lookUp(id);
  };
  const world = await readWorld({ ...at, hosts: async () => [], store: { ...at.store, lookUp } }, spec);
  return { before: world.before.map((task) => task.spec.id), inDoubt: world.inDoubt, read };
}

async function ask(changes: Partial<TaskSpec> = {}): Promise<TaskSpec> {
  const spec = at.ask(changes);
  await at.store.create(spec, STARTS);
  return spec;
}

const many = async (count: number, changes: Partial<TaskSpec> = {}) => {
  const specs: TaskSpec[] = [];
  for (let asked = 0; asked < count; asked++) specs.push(await ask(changes));
  return specs;
};

describe("a task in a conversation of hundreds", () => {
  test("that waits costs a handful of reads, however many wait before it", async () => {
    const specs = await many(300);
    const { before, read } = await look(at.ask());
    expect(before).toEqual([specs.at(-1)?.id]);
    expect(read).toBeLessThanOrEqual(8);
  });

  test("that comes after hundreds that are over costs a handful of reads as well, and finds the last one that had an agent", async () => {
    const specs = await many(100);
    for (const { id } of specs.slice(0, -2)) await at.work(id, "end");
    for (const { id } of specs.slice(-2)) {
      const reason = { kind: "command" as const, by: "maintainer" };
      await at.store.advance(id, { name: "cancel", reason, at: at.now() });
    }
    const { before, read } = await look(at.ask());
    expect(before).toContain(specs.at(-3)?.id);
    expect(read).toBeLessThanOrEqual(8);
  });

  test("finds the one that is not over, however long ago it was asked for", async () => {
    const [first, ...others] = await many(40);
    for (const { id } of others) await at.work(id, "end");
    const { before, read } = await look(at.ask());
    expect(before[0]).toBe(first?.id);
    expect(read).toBeLessThanOrEqual(9);
  });

  test("does not take the tasks of other branches for its own", async () => {
    const own = await ask();
    await at.work(own.id, "end");
    await many(20, { target: onBranch("other") });
    expect((await look(at.ask())).before).toEqual([own.id]);
  });

  test("stops at a record in doubt of a task that is not over", async () => {
    const [first, second] = await many(2);
    await at.redis.hset(keys.task(second?.id ?? ""), "record", '{"format":99}');
    expect(await look(at.ask())).toMatchObject({ before: [], inDoubt: [second?.id] });
    await at.redis.zrem(keys.open, second?.id ?? "");
    expect(await look(at.ask())).toMatchObject({ before: [first?.id], inDoubt: [] });
  });
});

test("what came after the task is none of its world", async () => {
  const [first, second] = await many(3);
  expect((await look(second as TaskSpec)).before).toEqual([first?.id]);
});
