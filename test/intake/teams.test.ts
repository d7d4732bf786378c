/** A team on GitHub: one task that somebody asked for. Its nodes' tasks are there for whoever names them. The worker host is played by the store. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { readerFor } from "../../src/task/inbox.ts";
import type { Plan } from "../../src/task/plan.ts";
import { makePlanStore, type PlanStore } from "../../src/task/plans.ts";
import { questionId } from "../../src/task/question.ts";
import { revise } from "../../src/task/revise-plan.ts";
import type { Task } from "../../src/task/task.ts";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";
import { claimedBy, makeSpec } from "../support/task-spec.ts";
import { nodeSpec } from "../task/plans-made.ts";

const HOST = "h0000000";
const WAIT = { timeout: 20_000, interval: 10 };
const said = { title: "A plan", summary: "What is to be done.", decisions: [], interfaces: [], followUps: [] };

let orch: BotSetting;
let plans: PlanStore;
beforeAll(async () => {
  orch = await startBotSetting();
  plans = makePlanStore(orch.redis);
});
afterAll(() => orch.close());

const read = async (id: string) => (await orch.store.read(id)) as Task;
const settled = (id: string) =>
  vi.waitFor(async () => {
    const { state } = await read(id);
    if (state.name !== "settled") throw new Error(`${id} is ${state.name}`);
    return state.outcome;
  }, WAIT);

async function say(number: number, body: string): Promise<number> {
  const { id } = await orch.comment(number, body);
  await orch.quiet();
  return id;
}

const NAME = "p111111111111";

/** Its plan waits for a person's word. */
async function propose() {
  const number = await orch.openIssue();
  const commentId = await say(number, "Please have a team see to this.");
  const { id: repository, owner, name, installationId } = orch.repository;
  const baseSha = orch.github.state.branches(orch.repository).main ?? "";
  const spec = makeSpec({
    ...{ commentId, number, conversation: number, installationId, team: true },
    repository: { id: repository, owner, name },
    actor: { id: orch.github.createUser(MAINTAINER).id, login: MAINTAINER },
    requestedAt: Date.now() - 5_000,
    acceptedAt: Date.now(),
  });
  const { store } = orch;
  const at = Date.now();
  await store.create(spec, { lane: { agent: "scripted" } });
  await store.advance(spec.id, claimedBy(HOST));
  await store.advance(spec.id, { name: "progress", epoch: 1, progress: { agent: "scripted" }, at });
  const plan = {
    goal: "Prices",
    nodes: [nodeSpec("a"), nodeSpec("b"), nodeSpec("c", { after: ["a"] })],
  };
  const proposal = { name: NAME, epoch: 1, baseSha, said, files: [], at, plan };
  const reasons = [{ for: "approval" as const, proposal: NAME, until: at + 3600_000 }];
  await store.advance(spec.id, { name: "parked", epoch: 1, reasons, proposal, at });
  return { number, id: spec.id };
}

/** Approved, with the node `a` at work and `b` waiting for its job. */
async function startTeam() {
  const { number, id } = await propose();
  const { store } = orch;
  const at = Date.now();
  await store.advance(id, { name: "decided", proposal: NAME, decision: { kind: "approved", at }, at });
  await store.dispatches.plan(id, at);
  await orch.redis.publish("orch:ready", id);
  const nodes = await vi.waitFor(async () => {
    const ids = await store.idsOfNodes(id);
    expect(ids).toHaveLength(2);
    return await store.readMany(ids);
  }, WAIT);
  const idOf = (node: string) => nodes.find((task) => task.spec.node?.id === node)?.spec.id ?? "";
  const lane = { agent: "scripted", host: HOST, only: true as const };
  await store.advance(idOf("a"), { ...claimedBy(HOST), lane });
  return { number, id, a: idOf("a"), b: idOf("b") };
}

const ours = (number: number) =>
  orch.github.state.comments(orch.repository, number).filter(({ user }) => user.login === orch.github.app.botLogin);

test("its nodes' tasks show nothing by themselves: there is one comment, the team's", async () => {
  const { number, id, a } = await startTeam();
  await orch.store.advance(a, { name: "progress", epoch: 1, progress: { said: "Reading" }, at: Date.now() });
  await vi.waitFor(async () => expect(await orch.store.reports.size()).toBe(0), WAIT);
  expect(ours(number)).toHaveLength(1);
  expect(ours(number)[0]?.body).toContain(`Task \`${id}\``);
  const commentId = await say(number, "/orch status");
  expect(orch.replies(number).at(-1)).toContain(id);
  expect(orch.replies(number).at(-1)).not.toContain(a);
  expect(commentId).toBeGreaterThan(0);
});

test("what becomes of a node has the team's comment looked at anew", async () => {
  const { id, a } = await startTeam();
  await vi.waitFor(async () => expect(await orch.store.reports.size()).toBe(0), WAIT);
  const { news } = await orch.store.seen(id);
  await orch.store.advance(a, { name: "progress", epoch: 1, progress: { said: "Writing" }, at: Date.now() });
  await vi.waitFor(async () => expect((await orch.store.seen(id)).news).not.toBe(news), WAIT);
});

test("a question of a node's agent is called for, and answered where the team was asked for", async () => {
  const { number, a } = await startTeam();
  const question = { id: questionId(a, "Which currency?"), text: "Which currency?", epoch: 1, askedAt: Date.now() };
  await orch.store.advance(a, { name: "asked", epoch: 1, question, at: Date.now() });
  await vi.waitFor(() => expect(ours(number).some(({ body }) => body.includes("Which currency?"))).toBe(true), WAIT);
  await say(number, "/orch answer Euro");
  expect((await read(a)).questions).toMatchObject([{ answer: { text: "Euro" } }]);
});

test("a node can be told something, and asked about, by its task's name", async () => {
  const { number, a } = await startTeam();
  await say(number, `/orch tell ${a} Mind the cents.`);
  const reader = readerFor((await read(a)).spec, 1);
  expect(await orch.store.messages.take(reader, { given: [], most: 9, now: Date.now() })).toMatchObject([
    { message: { text: "Mind the cents." } },
  ]);
  await say(number, `/orch why ${a}`);
  expect(orch.replies(number).at(-1)).toContain(a);
});

test("a node can be told something by its name in the plan, and its manager is not called for that", async () => {
  const { number, id, a, b } = await startTeam();
  await say(number, "/orch tell a: Mind the cents.");
  await say(number, `/orch tell ${id} b: Mind them, too.`);
  const take = async (task: string) =>
    await orch.store.messages.take(readerFor((await read(task)).spec, 1), { given: [], most: 9, now: Date.now() });
  expect(await take(a)).toMatchObject([
    { message: { text: "Mind the cents.", to: "a", from: { person: MAINTAINER } } },
  ]);
  await orch.store.advance(b, { ...claimedBy(HOST), lane: { agent: "scripted", host: HOST, only: true } });
  expect(await take(b)).toMatchObject([{ message: { text: "Mind them, too." } }]);
  for (const each of orch.github.deliveries().filter(({ action }) => action === "created"))
    if (each.event === "issue_comment") await orch.github.redeliver(each.id);
  await orch.quiet();
  expect(await orch.store.messages.sent(id)).toMatchObject([{ to: "a" }, { to: "b" }]);
  expect((await plans.read(id))?.wakes).toEqual([]);
  expect((await plans.read(id))?.state).toBe("running");
});

test("words that only look like a node's name are the manager's, and a node that is over is told nothing", async () => {
  const { number, id, a } = await startTeam();
  await say(number, "/orch tell prices: they are wrong everywhere");
  await vi.waitFor(async () => expect((await plans.read(id))?.state).toBe("managing"), WAIT);
  expect(await orch.store.messages.sent(id)).toMatchObject([{ start: "prices: they are wrong everywhere" }]);
  const merged = { kind: "merged" as const, sha: "c".repeat(40), files: 1, additions: 1, deletions: 0 };
  await orch.store.advance(a, { name: "ended", epoch: 1, outcome: merged, at: Date.now() });
  await vi.waitFor(async () => expect((await plans.read(id))?.nodes[0]?.state.name).toBe("merged"), WAIT);
  await say(number, "/orch tell a: one thing more");
  expect(orch.replies(number).at(-1)).toContain("Node `a` is over");
});

test("a node that is cancelled by its name is a failed one: its plan's manager is woken", async () => {
  const { number, id, a, b } = await startTeam();
  await say(number, `/orch cancel ${a}`);
  expect((await read(a)).cancel).toMatchObject({ kind: "command" });
  const outcome = { kind: "cancelled" as const, reason: { kind: "command" as const, by: MAINTAINER } };
  await orch.store.advance(a, { name: "ended", epoch: 1, outcome, at: Date.now() });
  await vi.waitFor(async () => expect((await plans.read(id))?.state).toBe("managing"), WAIT);
  expect((await read(b)).state.name).toBe("queued");
});

test("cancelling the team ends its nodes", async () => {
  const { number, id, a, b } = await startTeam();
  await say(number, "/orch cancel");
  expect(await settled(id)).toMatchObject({ kind: "cancelled", reason: { kind: "command" } });
  expect(await settled(b)).toMatchObject({ kind: "cancelled", reason: { kind: "left_plan", task: id } });
  await vi.waitFor(async () => expect((await read(a)).cancel).toMatchObject({ kind: "left_plan" }), WAIT);
  expect(orch.replies(number).at(-1)).toContain("The task is being cancelled");
});

test("a node's task is none that can be done again", async () => {
  const { number, b, id } = await startTeam();
  await say(number, `/orch cancel ${id}`);
  await settled(b);
  await say(number, `/orch retry ${b}`);
  expect(orch.replies(number).at(-1)).toContain("No task");
});

test("no bot approves a plan, Orch itself least of all, whatever it may do in the repository, and nobody approves one of another name", async () => {
  const { number, id } = await propose();
  const decision = async () => (await read(id)).proposal?.decision;
  for (const bot of ["helper[bot]", orch.github.app.botLogin]) {
    orch.github.setPermission(orch.repository, bot, "admin");
    await orch.comment(number, `/orch approve ${NAME}`, bot);
    await orch.quiet();
    expect(await decision()).toBeUndefined();
  }
  // Nor is any of them answered.
  expect(orch.replies(number)).toEqual([`/orch approve ${NAME}`]);
  await say(number, "/orch approve p222222222222");
  expect(await decision()).toBeUndefined();
  expect(orch.replies(number).at(-1)).toContain(`The current one is \`${NAME}\``);
  await say(number, `/orch approve ${NAME}`);
  expect(await decision()).toMatchObject({ kind: "approved", by: { login: MAINTAINER } });
  await say(number, "/orch cancel");
  await settled(id);
});

/** Its manager wants more than was approved, and the comment says so; the name of that. */
async function asksForMore(id: string, scope = "infra/**"): Promise<string> {
  const ask = (plan: Plan) => {
    const revised = revise(
      plan,
      { add: [nodeSpec("more", { scope: [scope] })] },
      { now: Date.now(), askUntil: Date.now() + 3600_000 },
    );
    return "plan" in revised ? revised.plan : undefined;
  };
  const made = await plans.change(id, ask, Date.now());
  return made.kind === "known" ? (made.record.asked?.name ?? "") : "";
}

test("a change beyond what was approved is shown with every word of it, and begins when somebody who may has approved just that", async () => {
  const { number, id } = await startTeam();
  const old = await asksForMore(id, "old/**");
  const name = await asksForMore(id);
  const shows = (pattern: RegExp) => vi.waitFor(() => expect(ours(number)[0]?.body).toMatch(pattern), WAIT);
  await shows(
    new RegExp(
      `A change of the plan, \`${name}\`.*files that no node.*\`infra/\\*\\*\`.*Do what more says.*/orch approve ${name}`,
      "s",
    ),
  );
  await say(number, "/orch why");
  expect(orch.replies(number).at(-1)).toContain(`/orch plan ${name} no`);
  await say(number, `/orch approve ${old}`);
  expect(orch.replies(number).at(-1)).toContain(`The current one is \`${name}\``);
  orch.github.createUser("stranger");
  await orch.comment(number, `/orch approve ${name}`, "stranger");
  await orch.quiet();
  expect((await plans.read(id))?.nodes).toHaveLength(3);
  await say(number, `/orch approve ${name}`);
  expect((await plans.read(id))?.asked?.decision).toMatchObject({ kind: "approved", by: { login: MAINTAINER } });
  expect((await plans.read(id))?.nodes.map((node) => node.id)).toEqual(["a", "b", "c", "more"]);
  for (const each of orch.github.deliveries().filter(({ action }) => action === "created"))
    if (each.event === "issue_comment") await orch.github.redeliver(each.id);
  await orch.quiet();
  expect((await plans.read(id))?.revision).toBe(2);
  orch.github.createUser("second");
  orch.github.setPermission(orch.repository, "second", "write");
  await orch.comment(number, `/orch approve ${name}`, "second");
  await orch.quiet();
  expect(orch.replies(number).at(-1)).toContain(`The change \`${name}\` is approved already`);
  await vi.waitFor(async () => expect(ours(number)[0]?.body).not.toContain("A change of the plan"), WAIT);
});

test("a change that is not wanted is the manager's again, with what was said", async () => {
  const { number, id } = await startTeam();
  const name = await asksForMore(id);
  await say(number, `/orch plan ${name}`);
  expect(orch.replies(number).at(-1)).toContain("Say on the same line");
  await say(number, `/orch plan ${name} no: infra is not ours`);
  await vi.waitFor(async () => expect((await plans.read(id))?.state).toBe("managing"), WAIT);
  expect((await plans.read(id))?.managed?.wakes.at(-1)?.text).toContain("infra is not ours");
  await say(number, `/orch approve ${name}`);
  expect(orch.replies(number).at(-1)).toContain("the manager's to think over already");
  expect((await plans.read(id))?.nodes).toHaveLength(3);
});
