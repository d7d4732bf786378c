/** What may be used: set aside before a run, told while it is used up, booked when it is over, whatever dies meanwhile. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { readReserves } from "../../src/task/ledger.ts";
import { runOrch } from "../cli/run-orch.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

const VERIFY = "node --test";

let orch: Orch;
beforeAll(async () => {
  orch = await startOrch({ agent: "thrifty", slots: 3, budget: { run: "$1", task: "$3", day: "$2.64" } });
});
afterAll(() => orch.close());

const reply = async (pattern: RegExp, place: Place) =>
  await orch.simulator.waitFor(() => orch.botComments(place).find(({ body }) => pattern.test(body)), 20_000);

const ledger = async () => {
  const { stdout } = await runOrch(["budget", "--json"], { cwd: orch.dir, env: { REDIS_URL: orch.redisServer.url } });
  const { envelopes } = JSON.parse(stdout) as { envelopes: { of: string; spent: object; reserved: object }[] };
  return envelopes.find(({ of }) => of === "day");
};

test("a budget beyond what a task may have is refused in one sentence, and nothing starts", async () => {
  const place = await orch.place();
  await orch.command("/orch budget=$10 fix the tests", place);
  await reply(
    /You have set a budget of \$10\.00, and a task may use at most \$3\.00 here, so I have not started/,
    place,
  );
  expect(await orch.store.idsOfIssue(place.repository.id, place.number)).toEqual([]);
});

test("a task is told of when most of its budget is used, then has one turn to commit, and what it did is offered as a draft", async () => {
  const place = await orch.place({ agent: "spends", verify: VERIFY });
  const { taskId } = await orch.command("/orch budget=$0.50 fix the tests", place);
  const low = await orch.progressComment(/Budget: \$0\.42 of \$0\.50; more than 80 % is used/, place);
  expect(low).toContain("the agent has one turn to commit what it has");
  await orch.command("/orch budget", place);
  await reply(/Task `t\w+`: \$0\.00 of \$0\.50 used, \$0\.50 set aside, \$0\.00 left/, place);
  await orch.letGo("spend");

  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request", draft: true });
  const [pull] = orch.simulator.state.pulls(place.repository);
  expect(pull?.body).toMatch(/stopped .* because its budget was used up: What this run may use .*0\.50.* is used up/);
  const receipt = await orch.progressComment(/Stopped: what was done is in pull request/, place);
  expect(receipt).toContain("Budget: $0.67 of $0.50");
  // The ten tokens of the last turn are among them, in the same session.
  expect(await orch.progress(taskId)).toMatchObject({ sessionId: `s-${taskId}`, inputTokens: 2_010 });
  expect(await ledger()).toMatchObject({ spent: { usd: 0.67, tokens: 2211, runs: 1 }, reserved: {} });
});

test("an agent that was to propose something hands in what it knows when its budget is spent, and a person decides about that", async () => {
  const place = await orch.place({ agent: "spends" });
  await orch.letGo("spend");
  const { taskId } = await orch.command("/orch budget=$0.50 plan how to repair the sum", place);
  const { proposal } = await orch.task(taskId, ({ state }) => state.name === "waiting");
  expect(proposal?.said).toMatchObject({
    title: "Repair the sum",
    summary: expect.stringContaining("not at its tests"),
  });
  await orch.progressComment(new RegExp(`/orch approve ${proposal?.name}`), place);
  await orch.command("/orch cancel", place);
  expect(await orch.told(taskId)).toMatchObject({ kind: "cancelled" });
});

test("an agent that does not say what it costs has its budget for the proposal and for the work together", async () => {
  const place = await orch.place({ agent: "plans" });
  const { taskId } = await orch.command("/orch budget=$0.30 plan how to repair the sum", place);
  const { proposal } = await orch.task(taskId, ({ state }) => state.name === "waiting");
  expect((await readReserves(orch.redis)).get(taskId)).toMatchObject({ stays: true, amounts: { usd: 0.3 } });
  await orch.command(`/orch approve ${proposal?.name}`, place);
  expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  expect(await readReserves(orch.redis)).toEqual(new Map());
});

test("where the day's budget is set aside by another task, a task waits without a slot, also over the host's death, and starts when something is left", async () => {
  const [one, other] = [await orch.place({ verify: VERIFY }), await orch.place({ verify: VERIFY })];
  const first = await orch.command("/orch fix the tests", one);
  await orch.task(first.taskId, ({ runs }) => runs.at(-1)?.progress.lastLines?.includes("at work") ?? false);
  const second = await orch.command("/orch fix the tests", other);
  await orch.task(second.taskId, ({ state }) => state.name === "waiting");
  await orch.progressComment(
    /Waiting.*What all tasks together may use in a day, counted in dollars, is used up or set aside/s,
    other,
  );

  await orch.host.kill();
  await orch.host.start();
  expect([...(await readReserves(orch.redis)).keys()]).toEqual([first.taskId]);
  await orch.letGo();
  for (const { taskId } of [first, second]) expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  expect(await readReserves(orch.redis)).toEqual(new Map());
  expect(await ledger()).toMatchObject({ spent: { usd: 1.79, runs: 6 }, reserved: {} });
  const [record] = await orch.store.readMany([first.taskId]);
  expect(record?.runs).toHaveLength(1);
});
