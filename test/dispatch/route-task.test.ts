/** Bots over one real Redis that choose agents by what came of earlier tasks. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Router } from "../../src/dispatch/route-task.ts";
import type { RoutingRules } from "../../src/task/routing.ts";
import type { Task } from "../../src/task/task.ts";
import type { Target, TaskSpec } from "../../src/task/task-spec.ts";
import { inTerminal } from "../../src/text/quote.ts";
import { why } from "../../src/views/why.ts";
import { routingWords } from "../../src/words/routing-words.ts";
import { whyWords } from "../../src/words/why-words.ts";
import { armCounts } from "../routing/arm-counts.ts";
import { type Setting, startSetting } from "./setting.ts";
import { onBranch } from "./worlds.ts";

let at: Setting;
beforeAll(async () => {
  at = await startSetting();
});
afterEach(() => at.clear());
afterAll(() => at.close());

const ISSUE: Target = { kind: "issue", defaultBranch: "main" };
const RULES: RoutingRules = { mode: "route", explore: 0 };
const KNOWN = [
  armCounts({ agent: "claude", merged: 20 }),
  armCounts({ agent: "codex", merged: 60 }),
  armCounts({ agent: "gemini", merged: 90 }),
];
const router: Router = { arms: async () => KNOWN };
const HOST = { agents: ["claude", "codex"] };

async function accepted(spec: TaskSpec, given: Router | undefined = router): Promise<Task> {
  const bot = await at.startBot(given && { router: given });
  expect(await bot.accept(spec)).toBeUndefined();
  await bot.stop();
  return (await at.store.read(spec.id)) as Task;
}

const ask = (changes: Partial<TaskSpec> = {}) => at.ask({ target: ISSUE, routingRules: RULES, ...changes });

test("a task that nobody has named an agent for goes to the one that does best, of those that hosts offer, and says why", async () => {
  await at.hostComes("h1", HOST);
  const task = await accepted(ask());
  expect(task).toMatchObject({
    agent: "codex",
    state: { name: "queued", lane: { agent: "codex" } },
    routing: { mode: "route", chosen: "codex", class: "issue/small", seed: task.spec.id },
  });
  const answer = why(task, { now: at.now(), hosts: [] });
  const words = answer.routing && routingWords(answer.routing, inTerminal);
  expect(words).toContain("was chosen by what came of earlier tasks");
  expect(words).toContain("60 merged of 100 tasks");
  // What work costs elsewhere is nothing to say in a comment.
  expect(whyWords(answer, at.now(), inTerminal).join()).not.toContain("merged");
});

test("one that waits for a host is given its agent when that comes, and another bot would say the same", async () => {
  const spec = ask();
  const [one, other] = [await at.startBot({ router }), await at.startBot({ router })];
  await one.accept(spec);
  await other.accept(spec);
  expect((await at.store.read(spec.id))?.state.name).toBe("waiting");
  await at.hostComes("h1", HOST);
  await at.starts(spec.id);
  expect(await at.store.read(spec.id)).toMatchObject({ agent: "codex", routing: { chosen: "codex" } });
});

test("what somebody has named goes before it: in the command or by a label, or in the repository's file", async () => {
  await at.hostComes("h1", HOST);
  for (const named of [{ agent: "claude", agentNamed: true as const }, { agent: "claude" }]) {
    const task = await accepted(ask(named));
    expect(task.agent).toBe("claude");
    expect(task).not.toHaveProperty("routing");
  }
});

test("advice is told, and changes nothing else", async () => {
  await at.hostComes("h1", HOST);
  const task = await accepted(ask({ routingRules: { ...RULES, mode: "advise" } }));
  expect(task).toMatchObject({ agent: "claude", routing: { mode: "advise", chosen: "codex" } });
});

test("an agent is chosen with a model where the repository names one and every host can tell the agent of it", async () => {
  const models = [{ agent: "claude", model: "haiku" }];
  const arms = async () => [...KNOWN, armCounts({ agent: "claude", model: "claude-haiku-5", merged: 90, costUsd: 9 })];
  const wish = { routingRules: { ...RULES, agents: ["claude", "codex"], models } };
  await at.hostComes("h1", { ...HOST, tellable: ["claude"] });
  expect(await accepted(ask(wish), { arms })).toMatchObject({
    agent: "claude",
    routing: { chosen: "claude", model: "haiku" },
  });
  await at.hostComes("h2", HOST);
  const untold = await accepted(ask(wish), { arms });
  expect(untold).toMatchObject({ routing: { chosen: "codex" } });
  expect(untold.routing).not.toHaveProperty("model");
});

test("the operator's own model of an agent is no second arm", async () => {
  const models = [{ agent: "claude", model: "opus" }];
  await at.hostComes("h1", { ...HOST, tellable: ["claude"], models: { claude: "opus" } });
  const { routing } = await accepted(ask({ routingRules: { ...RULES, models } }));
  expect(routing?.candidates.map(({ arm, model }) => [arm, model])).toEqual([
    ["claude", undefined],
    ["codex", undefined],
  ]);
});

test("who asks for a model is given the agent that it would be without any choosing", async () => {
  await at.hostComes("h1", HOST);
  const task = await accepted(ask({ model: "opus" }));
  expect(task.agent).toBe("claude");
  expect(task).not.toHaveProperty("routing");
});

test("where the history cannot be read, or there is none, the default agent takes it", async () => {
  await at.hostComes("h1", HOST);
  for (const given of [{ arms: async () => undefined }, undefined]) {
    const spec = ask();
    const bot = await at.startBot(given && { router: given });
    await bot.accept(spec);
    expect(await at.store.read(spec.id)).toMatchObject({ agent: "claude", routing: { because: "no_history" } });
  }
});

test("the repository's list and the lower one of two bounds on costs hold", async () => {
  await at.hostComes("h1", { agents: ["claude", "codex", "gemini"] });
  const arms = async () => KNOWN.map((each) => (each.agent === "gemini" ? { ...each, costUsd: 1_000 } : each));
  expect(await accepted(ask({ routingRules: { ...RULES, agents: ["claude", "codex"] } }))).toMatchObject({
    agent: "codex",
  });
  const dear = ask({ routingRules: { ...RULES, maxCostUsd: 50 } });
  expect(await accepted(dear, { arms, maxCostUsd: 5 })).toMatchObject({ agent: "codex" });
});

test("teams, reviews and what goes on from another task are left to who they are for", async () => {
  await at.hostComes("h1", HOST);
  const first = at.ask();
  const bot = await at.startBot({ router });
  await bot.accept(first);
  await at.work(first.id, "end");
  const specs = [
    ask({ team: true }),
    ask({ target: onBranch("topic") }),
    ask({ target: onBranch("other"), review: { round: 0 } }),
  ];
  for (const spec of specs) {
    await bot.accept(spec);
    expect(await at.store.read(spec.id)).not.toHaveProperty("routing");
  }
});

test("where a repository wishes nothing, records are the same to the byte, with a router and without", async () => {
  await at.hostComes("h1", HOST);
  const { routingRules: _, ...spec } = ask();
  const text = async () => await at.redis.hgetall(`orch:task:${spec.id}`);
  await accepted(spec);
  const one = await text();
  expect(one.record).toContain(spec.id);
  expect(one.record).not.toContain("routing");
  await at.clear();
  await at.hostComes("h1", HOST);
  await accepted(spec, undefined);
  expect(await text()).toEqual(one);
});
