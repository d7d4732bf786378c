/** Two hundred tasks at once in one repository: GitHub's limits are kept, and each task tells its end. */
import { expect, test } from "vitest";
import { isContent } from "../../src/github-fetch.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { startReportingForFile } from "./reporting.ts";

const world = await startReportingForFile();
const TASKS = 200;
const AT_ONCE = 16;
const MINUTE_MS = 60_000;
/** As it documents; our own budget lies below. */
const GITHUB_ALLOWS = { perMinute: 80, perHour: 500 };

test("200 tasks that are queued at once stay below every limit, and all tell their end", async () => {
  const repo = await world.repository();
  const specs: TaskSpec[] = [];
  for (let count = 0; count < TASKS; count++) specs.push(await world.task(repo));
  const { reportTaken } = world.reporter();
  /** When each text was written, by the clock of the test. */
  const texts: number[] = [];
  world.simulator.on("request", ({ method, path, status }) => {
    if (isContent(method, `https://github.test${path}`) && status < 300) texts.push(world.now());
  });

  /** Reports whatever is due until nothing is left, however long that takes. */
  async function tellAll(): Promise<void> {
    for (;;) {
      const due = await world.store.reports.take(world.now(), AT_ONCE);
      await Promise.all(due.map(reportTaken));
      const next = await world.store.reports.nextAt();
      if (next === undefined) return;
      if (due.length === 0) world.advanceClock(Math.max(next - world.now(), 1));
    }
  }

  await tellAll();
  for (const { id } of specs) await world.settle(id);
  await tellAll();
  expect(texts).toHaveLength(2 * TASKS);
  const within = (span: number) =>
    Math.max(...texts.map((at) => texts.filter((other) => other > at - span && other <= at).length));
  expect(within(MINUTE_MS)).toBeLessThanOrEqual(GITHUB_ALLOWS.perMinute);
  expect(within(60 * MINUTE_MS)).toBeLessThanOrEqual(GITHUB_ALLOWS.perHour);
  for (const spec of specs) {
    expect(world.comments(spec)).toEqual([expect.stringContaining("The agent changed nothing")]);
    expect(world.labels(spec)).toEqual(["orch:failed"]);
  }
}, 240_000);
