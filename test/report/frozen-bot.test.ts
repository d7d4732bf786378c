/** A bot freezes in the middle of a report, another one takes the task and tells its end, and the frozen one thaws. */
import { expect, test } from "vitest";
import { LEASE_MS } from "../../src/task/due-set.ts";
import { connectBlockingRedis } from "../../src/task/redis.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { startReportingForFile } from "./reporting.ts";

const world = await startReportingForFile();

/** A bot whose next request of this kind waits: nothing is renewed meanwhile, as if its process had been stopped. */
function freezing(request: RegExp) {
  const [frozen, thaw] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let isOver = false;
  const bot = world.reporter(async (asked) => {
    if (isOver || !request.test(asked)) return;
    isOver = true;
    frozen.resolve();
    await thaw.promise;
  });
  return { bot, frozen: frozen.promise, thaw: thaw.resolve };
}

/** A task that GitHub shows as queued, and that has begun since. */
async function begun(): Promise<TaskSpec> {
  const spec = await world.task(await world.repository());
  await world.reporter().report(spec.id);
  await world.claim(spec.id);
  return spec;
}

const writesOf = (spec: TaskSpec) =>
  world.simulator
    .requests()
    .filter(({ method, path }) => method !== "GET" && path.includes(`/${spec.repository.name}/`)).length;
const showsTheEnd = (spec: TaskSpec) =>
  world.comments(spec).length === 1 &&
  world.comments(spec)[0]?.includes("The agent changed nothing") === true &&
  world.labels(spec).join() === "orch:failed";

/** A living bot, until `use` has ended. */
async function withLivingBot(use: () => Promise<void>): Promise<void> {
  const subscriber = connectBlockingRedis(world.server.url, "test-subscriber");
  const living = world.reporter();
  living.start(subscriber);
  try {
    await use();
  } finally {
    await living.stop();
    subscriber.disconnect();
  }
}

test("before its first word: it says nothing any more", async () => {
  const spec = await begun();
  const taken = await world.takeNow(spec.id);
  world.advanceClock(LEASE_MS);
  await world.settle(spec.id);
  await world.reporter().report(spec.id);
  expect(showsTheEnd(spec)).toBe(true);
  const before = writesOf(spec);
  await world.reporter().reportTaken(taken);
  expect(writesOf(spec)).toBe(before);
  expect(showsTheEnd(spec)).toBe(true);
});

test("with its old text on the way: the end is shown again, by whoever lives", async () => {
  const spec = await begun();
  const { bot, frozen, thaw } = freezing(/^PATCH .*comments/);
  const report = bot.report(spec.id);
  await frozen;
  world.advanceClock(LEASE_MS);
  await world.settle(spec.id);
  await withLivingBot(async () => {
    await world.simulator.waitFor(() => showsTheEnd(spec));
    await expect.poll(() => world.isReported(spec.id)).toBe(true);
    const before = writesOf(spec);
    thaw();
    await report;
    await world.simulator.waitFor(() => writesOf(spec) > before + 1 && showsTheEnd(spec));
    await expect.poll(() => world.isReported(spec.id)).toBe(true);
    expect((await world.store.seen(spec.id)).doubt).toBe("");
  });
});

test("and thaws while the other one is at it: nothing of the old one stays", async () => {
  const spec = await begun();
  const first = freezing(/^PATCH .*comments/);
  const report = first.bot.report(spec.id);
  await first.frozen;
  world.advanceClock(LEASE_MS);
  await world.settle(spec.id);
  // The second bot has edited the comment already, and goes on with the label.
  const second = freezing(/^(POST|DELETE) .*labels/);
  const other = second.bot.report(spec.id);
  await second.frozen;
  first.thaw();
  await report;
  expect(world.comments(spec)[0]).not.toContain("The agent changed nothing");
  second.thaw();
  await other;
  await withLivingBot(async () => {
    await world.simulator.waitFor(() => showsTheEnd(spec));
    await expect.poll(() => world.isReported(spec.id)).toBe(true);
  });
});

test("with an answer outstanding that is an error: it plans nothing for the task that another one has", async () => {
  const spec = await begun();
  const { bot, frozen, thaw } = freezing(/^PATCH .*comments/);
  const report = bot.report(spec.id);
  await frozen;
  await world.settle(spec.id);
  const other = await world.takeNow(spec.id);
  const fault = world.simulator.faults.api({ times: 1, match: { method: "PATCH" }, action: { status: 502 } });
  const leaseEnd = await world.dueIn(spec.id);
  thaw();
  await report;
  expect(fault.fired).toBe(1);
  expect(await world.dueIn(spec.id)).toBeGreaterThan((leaseEnd ?? 0) - 1_000);
  expect(await other.renew(world.now())).toBe(true);
  await world.reporter().reportTaken(other);
  expect(showsTheEnd(spec)).toBe(true);
});
