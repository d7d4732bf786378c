/** The check runs of a task on a pull request: on the commit that the command found, and on the one that was pushed. */
import { expect, test } from "vitest";
import type { RepositoryInfo } from "../../simulator/simulator.ts";
import type { Target, TaskSpec } from "../../src/task/task-spec.ts";
import { MAINTAINER, startReportingForFile } from "./reporting.ts";

const world = await startReportingForFile();

async function onPull(): Promise<{ repo: RepositoryInfo; spec: TaskSpec; headSha: string }> {
  const repo = await world.repository();
  const headSha = await world.simulator.commit(repo, "feature", { "b.txt": "b\n" }, "Begin", "maintainer");
  const pull = { ...MAINTAINER, title: "Feature", head: "feature", base: "main" };
  const { number } = await world.simulator.openPull(repo, pull);
  const target: Target = { kind: "pull", defaultBranch: "main", headRef: "feature", headSha, baseRef: "main" };
  return { repo, spec: await world.task(repo, { number, target }), headSha };
}

test("of two check runs one fails to be written: each has what was said about its lines once", async () => {
  const { repo, spec, headSha } = await onPull();
  const { report } = world.reporter();
  await report(spec.id);
  await world.claim(spec.id);
  const said = { lastLines: "a.txt:1: the sign is wrong" };
  await world.store.advance(spec.id, { name: "progress", epoch: 1, progress: said, at: world.now() });
  const sha = await world.push(repo, spec, "feature");
  const fault = world.simulator.faults.api({
    times: 1,
    match: { method: "POST", path: /\/check-runs$/ },
    action: { status: 502, body: { message: "Bad gateway" } },
  });
  await report(spec.id);
  expect(fault.fired).toBe(1);
  const annotated = (on: string) =>
    world.simulator.state.checkRuns(repo, on).map(({ annotations, conclusion }) => [conclusion, annotations.length]);
  expect(annotated(headSha)).toEqual([["success", 1]]);
  await report(spec.id);
  expect(annotated(headSha)).toEqual([["success", 1]]);
  expect(annotated(sha)).toEqual([["success", 1]]);
});

test("where GitHub wants a suite before a check run, it has one", async () => {
  const { repo, spec, headSha } = await onPull();
  const fault = world.simulator.faults.api({
    times: 1,
    match: { method: "POST", path: /\/check-runs$/ },
    action: { status: 422, body: { message: "Validation Failed" } },
  });
  await world.reporter().report(spec.id);
  expect(fault.fired).toBe(1);
  const asked = world.simulator
    .requests()
    .filter(({ method, path }) => method === "POST" && /check-suites$/.test(path));
  expect(asked.map(({ status }) => status)).toEqual([200]);
  expect(world.simulator.state.checkRuns(repo, headSha)).toHaveLength(1);
});
