/**
 * Bots that die while they look after a team, at any call to Redis, before or after that has taken effect. The hosts go on meanwhile. What
 * has to hold in the end: every node was worked on as often as its record says, none was merged twice, and no plan stands still.
 */
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { decideOnAsked } from "../../src/task/decide-asked.ts";
import { keys } from "../../src/task/keys.ts";
import { openAsked, type Plan } from "../../src/task/plan.ts";
import type { NodeSpec } from "../../src/task/plan-proposal.ts";
import type { Task } from "../../src/task/task.ts";
import { startProgram } from "../support/program.ts";
import { randomFrom } from "../support/random.ts";
import { ANOTHER, BROKEN, MERGED, nodeSpec } from "../task/plans-made.ts";
import { askedForTeam } from "./playing-teams.ts";
import { type Setting, startSetting } from "./setting.ts";

const KILLS = Number(process.env.ORCH_KILLS ?? 200);
/** Each takes the time that a dead bot keeps what it has taken. */
const REAL_KILLS = 6;
const BASE = Number(process.env.ORCH_SEED ?? Date.now() % 1_000_000);
/** Longer than a dead bot keeps what it has taken, ms. */
const LEASE_MS = 6_000;
/** Far longer than any plan takes here. */
const MAX_LIVES = 80;

let at: Setting;
beforeAll(async () => {
  at = await startSetting();
});
afterEach(() => at.clear());
afterAll(() => at.close());

const random = randomFrom(BASE);
const { below, pick } = random;

function randomNodes(): NodeSpec[] {
  const names = Array.from({ length: 4 + below(4) }, (_, index) => `n${index}`);
  return names.map((id, index) =>
    nodeSpec(id, {
      after: names.filter((_, other) => other < index && below(3) === 0),
      scope: [pick([`${id}/**`, `${id}/**`, "src/**"])],
      onFailure: pick(["retry", "retry", "skip", "stop"]),
    }),
  );
}

/** What the hosts do with whatever has a job: they work on it, and it ends. Says whether there was anything. */
async function hostsWork(team: string, merged: Map<string, number>): Promise<boolean> {
  const ids = [team, ...(await at.store.idsOfNodes(team))];
  let worked = false;
  for (const task of await at.store.readMany(ids)) {
    if (task.state.name !== "queued" || !(await at.queue.holds(task))) continue;
    worked = true;
    await at.work(task.spec.id, "begin");
    if (task.spec.id === team) await runTeam(team);
    else await runNode(task, merged);
  }
  return worked;
}

async function runNode({ spec }: Task, merged: Map<string, number>): Promise<void> {
  const outcome = pick([MERGED, MERGED, MERGED, BROKEN, ANOTHER]);
  const { epoch } = (await at.store.read(spec.id)) as Task;
  const ended = await at.store.advance(spec.id, { name: "ended", epoch, outcome, at: at.now() });
  const node = spec.node?.id ?? "";
  if (ended && outcome.kind === "merged") merged.set(node, (merged.get(node) ?? 0) + 1);
}

async function runTeam(id: string): Promise<void> {
  const plan = (await at.plans.read(id)) as Plan;
  const { epoch } = (await at.store.read(id)) as Task;
  if (plan.state === "finishing") {
    const pushed = { branch: "b", sha: "d".repeat(40), base: "main", files: 1, additions: 1, deletions: 0, commits: 1 };
    await at.store.advance(id, { name: "pushed", epoch, pushed, at: at.now() });
    await at.store.advance(id, { name: "pull_request", pullRequest: { number: 8, url: "u" }, at: at.now() });
    return;
  }
  expect(plan.state).toBe("managing");
  const reasons = [{ for: "team" as const, until: at.now() + 3600_000 }];
  await at.store.advance(id, { name: "parked", epoch, reasons, at: at.now() });
  await at.store.dispatches.plan(id, at.now());
}

/** What its plan leaves to a person, who has it tried once more or leaves it to the manager. */
async function personDecides(id: string): Promise<void> {
  const plan = await at.plans.read(id);
  const open = plan && openAsked(plan);
  if (!open) return;
  const decision = pick([{ kind: "approved" as const }, { kind: "change" as const, text: "See to it." }]);
  // The clock of a real bot stands behind the one that tests move: it is to look at once.
  const now = Date.now();
  await at.plans.change(id, (each) => decideOnAsked(each, open.name, { ...decision, at: now }), now);
}

const isOver = async (id: string) => (await at.plans.read(id))?.state === "over";

/** A bot lives until it has died or nothing is left to do; true when it was killed. */
async function live(id: string, merged: Map<string, number>, calls: number): Promise<boolean> {
  const life = { calls, afterwards: below(2) === 0 };
  const bot = await at.startBot({ life });
  // Now and then another one looks at the same time, and dies as well.
  const other = below(3) === 0 ? await at.startBot({ life: { calls: 1 + below(60), afterwards: true } }) : undefined;
  for (let idle = 0; idle < 400 && life.calls > 0 && !(await isOver(id)); idle++) {
    await personDecides(id);
    if (await hostsWork(id, merged)) idle = 0;
    else at.pass(500);
    await at.redis.publish(keys.ready, "somebody looks");
  }
  await Promise.all([bot.stop(), other?.stop()]);
  at.pass(LEASE_MS + below(60_000));
  return life.calls <= 0;
}

/** Of a plan that is over. */
async function keptItsPromises(id: string, merged: ReadonlyMap<string, number>): Promise<void> {
  const plan = (await at.plans.read(id)) as Plan;
  for (const node of plan.nodes) {
    expect(merged.get(node.id) ?? 0, node.id).toBe(node.state.name === "merged" ? 1 : 0);
    expect(new Set(node.tries.map(({ task }) => task)).size).toBe(node.tries.length);
  }
  const made = await at.store.idsOfNodes(id);
  expect(made.sort()).toEqual(plan.nodes.flatMap(({ tries }) => tries.map(({ task }) => task)).sort());
  for (const task of await at.store.readMany(made)) {
    expect(task.state.name).toBe("settled");
    expect(task.epoch, "a node's task ran twice").toBeLessThanOrEqual(1);
  }
  expect((await at.store.read(id))?.state.name).toBe("settled");
}

test(`${KILLS} kills lose no node, merge none twice and leave no plan stuck (ORCH_SEED=${BASE})`, {
  timeout: 300_000,
}, async () => {
  await at.hostComes("h1", { slots: 20 });
  let kills = 0;
  let plans = 0;
  while (kills < KILLS) {
    const nodes = randomNodes();
    const id = await askedForTeam(at, nodes);
    const merged = new Map<string, number>();
    plans += 1;
    for (let lives = 0; !(await isOver(id)); lives++) {
      expect(lives, `ORCH_SEED=${BASE}: the plan ${id} is stuck`).toBeLessThan(MAX_LIVES);
      await at.hostComes("h1", { slots: 20 });
      if (await live(id, merged, lives > MAX_LIVES / 2 ? Number.POSITIVE_INFINITY : 1 + below(60))) kills += 1;
      if (below(6) === 0) await at.sweep();
    }
    await keptItsPromises(id, merged);
  }
  process.stdout.write(`${kills} kills over ${plans} plans\n`);
});

/** A death of the real thing: at any instruction, with all that was on its way. */
test(`neither do ${REAL_KILLS} deaths by SIGKILL`, { timeout: 120_000 }, async () => {
  await at.hostComes("h1", { slots: 20 });
  const file = fileURLToPath(new URL("./team-bot.ts", import.meta.url));
  const env = { ...(process.env as Record<string, string>), REDIS_URL: at.url };
  const bot = await startProgram(file, env, /looks after teams/);
  for (let kills = 0; kills < REAL_KILLS; ) {
    const merged = new Map<string, number>();
    const id = await askedForTeam(at, randomNodes());
    while (!(await isOver(id))) {
      await personDecides(id);
      if (await hostsWork(id, merged)) continue;
      await at.redis.publish(keys.ready, "somebody looks");
      if (kills === REAL_KILLS || below(20) > 0) continue;
      await bot.kill();
      kills += 1;
      await at.hostComes("h1", { slots: 20 });
      await bot.start();
    }
    await keptItsPromises(id, merged);
  }
  await bot.stop();
});
