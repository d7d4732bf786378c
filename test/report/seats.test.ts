import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_AT_ONCE } from "../../src/report/report-loop.ts";
import { makeReporter } from "../../src/report/reporter.ts";
import { makeSeats } from "../../src/report/seats.ts";
import { connectBlockingRedis } from "../../src/task/redis.ts";
import { makeSpec, STARTS } from "../support/task-spec.ts";
import { type Reporting, startReporting } from "./reporting.ts";

test("an installation has so many seats, and gets back what is left", () => {
  const seats = makeSeats(2);
  const [first, second] = [seats.take(1), seats.take(1)];
  expect([first, second, seats.take(1)]).toEqual([expect.any(Function), expect.any(Function), undefined]);
  expect(seats.take(2)).toBeDefined();
  first?.();
  expect(seats.take(1)).toBeDefined();
  expect(seats.take(1)).toBeUndefined();
});

describe("reports of many installations", () => {
  let world: Reporting;
  beforeAll(async () => {
    world = await startReporting();
  });
  afterAll(async () => {
    await world.stop();
  });

  test("one with more tasks than there is room for, and a GitHub that hangs, leaves room for another", async () => {
    const crowded = 4_711;
    for (let index = 0; index < 2 * MAX_AT_ONCE; index++)
      await world.store.create(
        makeSpec({ installationId: crowded, commentId: 1_000 + index, number: 1_000 + index }),
        STARTS,
      );
    const spec = await world.task(await world.repository());
    const hanging = Promise.withResolvers<void>();
    let held = 0;
    const { deps } = world.reporter();
    const forInstallation = async (id: number) => {
      if (id === crowded) {
        held += 1;
        await hanging.promise;
      }
      return await deps.github.forInstallation(id);
    };
    const reporter = makeReporter({ ...deps, github: { ...deps.github, forInstallation } });
    const subscriber = connectBlockingRedis(world.server.url, "test-subscriber");
    reporter.start(subscriber);
    try {
      await world.simulator.waitFor(() => world.comments(spec).length > 0);
      expect(held).toBe(MAX_AT_ONCE / 2);
    } finally {
      hanging.resolve();
      await reporter.stop();
      subscriber.disconnect();
    }
  });
});
