import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connectBlockingRedis, waitForRedis } from "../../src/task/redis.ts";
import { type Reporting, startReporting } from "./reporting.ts";

let world: Reporting;
beforeAll(async () => {
  world = await startReporting();
});
beforeEach(async () => {
  await world.redis.flushall();
});
afterAll(async () => {
  await world.stop();
});

async function withBots(number: number, use: () => Promise<void>): Promise<void> {
  const bots = Array.from({ length: number }, () => {
    const subscriber = connectBlockingRedis(world.server.url, "test-subscriber");
    const reporter = world.reporter();
    reporter.start(subscriber);
    return { subscriber, reporter };
  });
  try {
    await use();
  } finally {
    await Promise.all(bots.map(({ reporter }) => reporter.stop()));
    for (const { subscriber } of bots) subscriber.disconnect();
  }
}

describe("a bot that was started", () => {
  test("shows every task and every change by itself", async () => {
    await withBots(1, async () => {
      const spec = await world.task(await world.repository());
      await world.simulator.waitFor(() => world.comments(spec).some((body) => body.includes("Queued")));
      await world.settle(spec.id);
      await world.simulator.waitFor(() => world.reactions(spec).includes("confused"));
      await world.simulator.waitFor(() => world.labels(spec).includes("orch:failed"));
      expect(world.comments(spec)).toHaveLength(1);
    });
  });

  test("catches up with what happened while no bot ran", async () => {
    const spec = await world.task(await world.repository());
    await world.settle(spec.id);
    await withBots(1, async () => {
      await world.simulator.waitFor(() => world.labels(spec).includes("orch:failed"));
      expect(world.comments(spec)).toHaveLength(1);
    });
  });

  test("shares many tasks with another bot, one comment each", async () => {
    const repo = await world.repository();
    await withBots(2, async () => {
      const specs = await Promise.all(Array.from({ length: 8 }, () => world.task(repo)));
      for (const spec of specs) await world.settle(spec.id);
      await world.simulator.waitFor(() => specs.every((spec) => world.labels(spec).includes("orch:failed")), 25_000);
      await expect.poll(() => world.store.reports.nextAt(), { timeout: 10_000 }).toBeUndefined();
      expect(specs.map((spec) => world.comments(spec).length)).toEqual(specs.map(() => 1));
    });
  });

  test("goes on after Redis was away", async () => {
    const spec = await world.task(await world.repository());
    await withBots(1, async () => {
      await world.simulator.waitFor(() => world.labels(spec).includes("orch:running"));
      await world.server.kill();
      await world.server.restart();
      await waitForRedis(world.redis, 10_000);
      await world.settle(spec.id);
      await world.simulator.waitFor(() => world.labels(spec).includes("orch:failed"), 25_000);
    });
  });
});

test("a stopped bot shows nothing more", async () => {
  const spec = await world.task(await world.repository());
  await withBots(1, () =>
    world.simulator.waitFor(() => world.labels(spec).includes("orch:running")).then(() => undefined),
  );
  const before = world.simulator.requests().length;
  await world.settle(spec.id);
  expect(await world.isReported(spec.id)).toBe(false);
  expect(world.simulator.requests().length).toBe(before);
});
