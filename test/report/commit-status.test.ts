import { expect, test } from "vitest";
import { makeReporter } from "../../src/report/reporter.ts";
import { MAINTAINER, startReportingForFile } from "./reporting.ts";

const world = await startReportingForFile();

/** A task on a pull request, with a reporter that may set commit statuses. */
async function onPull(commitStatus: boolean) {
  const repo = await world.repository();
  const headSha = await world.simulator.commit(repo, "topic", { "a.txt": "two\n" }, "Change", "maintainer");
  const pull = await world.simulator.openPull(repo, { ...MAINTAINER, title: "Change", head: "topic", base: "main" });
  const target = { kind: "pull" as const, defaultBranch: "main", headRef: "topic", headSha, baseRef: "main" };
  const spec = await world.task(repo, { number: pull.number, target });
  const { deps } = world.reporter();
  const reporter = makeReporter({ ...deps, commitStatus });
  const report = async () => await reporter.report(await world.takeNow(spec.id));
  const statuses = () =>
    world.simulator.state
      .statuses(repo, headSha)
      .map(({ context, state, description }) => ({ context, state, description }));
  return { spec, report, statuses };
}

test("a commit status follows the check run where that is wanted, each state once", async () => {
  const { spec, report, statuses } = await onPull(true);
  await report();
  await report();
  expect(statuses()).toMatchObject([{ context: "orch", state: "pending" }]);
  await world.settle(spec.id);
  await report();
  expect(
    statuses()
      .map(({ state }) => state)
      .toSorted(),
  ).toEqual(["pending", "success"]);
  for (const { description } of statuses()) expect(description?.length).toBeGreaterThan(3);
});

test("no commit status is set where nobody asked for it", async () => {
  const { spec, report, statuses } = await onPull(false);
  await report();
  await world.settle(spec.id);
  await report();
  expect(statuses()).toEqual([]);
});
