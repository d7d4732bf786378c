/**
 * Of each kind of change on GitHub: its answer is lost, or it is carried out after its sender gave up and everything was told
 * in another way. In the end GitHub shows the end of the task, once.
 */
import { afterEach, describe, expect, test, vi } from "vitest";
import { ensureReply } from "../../src/report/reply.ts";
import { planSecondLook, startSecondLooks } from "../../src/report/second-look.ts";
import type { Target, TaskSpec } from "../../src/task/task-spec.ts";
import { MAINTAINER, startReportingForFile } from "./reporting.ts";

const world = await startReportingForFile();
afterEach(() => vi.unstubAllGlobals());

type Way = "its answer is lost" | "it lands when all is told";

/** What happens to the first request of this kind. `land`: carries out what has not been yet. */
function losing(kind: RegExp, way: Way) {
  const send = fetch;
  let [fired, land] = [false, async () => undefined as unknown];
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    const { signal: _, ...request } = init;
    if (fired || !kind.test(`${init.method} ${new URL(url).pathname}`)) return await send(url, init);
    fired = true;
    if (way === "its answer is lost") await send(url, request);
    else land = async () => await send(url, request);
    throw new DOMException("The operation was aborted due to timeout", "TimeoutError");
  });
  return { hasFired: () => fired, land: () => land() };
}

/** Reports until everything is told. */
async function tell(spec: TaskSpec): Promise<void> {
  const { report } = world.reporter();
  for (let round = 0; round < 5 && !(await world.isReported(spec.id)); round++) await report(spec.id);
  expect(await world.isReported(spec.id)).toBe(true);
}

/** What is to be looked at again by now, is. */
async function lookAgain(inMs: number): Promise<void> {
  world.advanceClock(inMs);
  const looks = startSecondLooks(world.reporter().deps);
  const next = async () => (await world.store.secondLooks.nextAt()) ?? Number.POSITIVE_INFINITY;
  await expect.poll(next).toBeGreaterThan(world.now());
  await looks.stop();
}

/** From the first word to a pull request, of an issue's task or a pull request's. */
async function live(on: "issue" | "pull request"): Promise<TaskSpec> {
  const repo = await world.repository();
  const { number, target } = on === "pull request" ? await openPull(repo) : {};
  const spec = await world.task(repo, { ...(number && { number }), ...(target && { target }) });
  await world.reporter().report(spec.id);
  await world.claim(spec.id);
  await world.reporter().report(spec.id);
  await world.push(repo, spec, on === "pull request" ? "feature" : undefined);
  await tell(spec);
  return spec;
}

async function openPull(repo: Awaited<ReturnType<typeof world.repository>>) {
  const headSha = await world.simulator.commit(repo, "feature", { "b.txt": "b\n" }, "Begin", "maintainer");
  const pull = { ...MAINTAINER, title: "Feature", head: "feature", base: "main" };
  const { number } = await world.simulator.openPull(repo, pull);
  const target: Target = { kind: "pull", defaultBranch: "main", headRef: "feature", headSha, baseRef: "main" };
  return { number, target };
}

function expectTheEnd(spec: TaskSpec): void {
  const repo = `octo-org/${spec.repository.name}`;
  expect(world.comments(spec)).toEqual([expect.stringMatching(/^### ✅/)]);
  expect(world.labels(spec)).toEqual(["orch:done"]);
  expect(world.reactions(spec)).toEqual(["hooray"]);
  expect(world.simulator.state.pulls(repo)).toHaveLength(1);
  const checks = world.simulator.state.checkRuns(repo);
  expect(new Set(checks.map(({ status, conclusion }) => `${status} ${conclusion}`))).toEqual(
    new Set(["completed success"]),
  );
}

const kinds: [string, RegExp, "issue" | "pull request"][] = [
  ["the first reaction", /^POST .*\/reactions$/, "issue"],
  ["the end of a reaction", /^DELETE .*\/reactions\/\d+$/, "issue"],
  ["the progress comment", /^POST .*\/issues\/\d+\/comments$/, "issue"],
  ["an edit of it", /^PATCH .*\/comments\/\d+$/, "issue"],
  ["the first label", /^POST .*\/issues\/\d+\/labels$/, "issue"],
  ["a label's colour", /^PATCH .*\/labels\/[^/]+$/, "issue"],
  ["the end of a label", /^DELETE .*\/labels\/[^/]+$/, "issue"],
  ["the pull request", /^POST .*\/pulls$/, "issue"],
  ["a check run", /^POST .*\/check-runs$/, "pull request"],
  ["a check run's update", /^PATCH .*\/check-runs\/\d+$/, "pull request"],
];

describe.each<Way>(["its answer is lost", "it lands when all is told"])("of a change, %s:", (way) => {
  test.each(kinds)("%s", async (_, kind, on) => {
    const change = losing(kind, way);
    const spec = await live(on);
    expect(change.hasFired()).toBe(true);
    await change.land();
    await lookAgain(26_000);
    await tell(spec);
    expectTheEnd(spec);
    await lookAgain(60_000);
    await tell(spec);
    expectTheEnd(spec);
    expect(await world.store.secondLooks.size()).toBe(0);
  });
});

test("a reply that lands when it has been given again is removed", async () => {
  const spec = await world.task(await world.repository());
  const { installationId, repository, number, requestedAt: since } = spec;
  const reply = { installationId, repository, number, key: "10-70", body: "No.", since };
  const change = losing(/^POST .*\/comments$/, "it lands when all is told");
  const give = () => ensureReply({ ...world.reporter().deps, abandoned: false }, reply);
  await expect(give()).rejects.toThrow();
  await give();
  await change.land();
  expect(world.comments(spec)).toHaveLength(2);
  await lookAgain(26_000);
  expect(world.comments(spec)).toHaveLength(1);
});

test("a second look writes nothing where all is well", async () => {
  const spec = await live("issue");
  await planSecondLook(world.reporter().deps, { kind: "task", id: spec.id });
  const contents = () =>
    world.simulator.requests().filter(({ method, path }) => method !== "GET" && /comments(\/\d+)?$|pulls/.test(path));
  const before = contents().length;
  await lookAgain(66_000);
  await tell(spec);
  expect(contents()).toHaveLength(before);
  expectTheEnd(spec);
});
