/**
 * One campaign: a whole Orch, people who ask, and faults of its processes and of GitHub at random times, all of it chosen by a seed.
 * (What the faults meet is a matter of time, which no seed repeats.) Then everything is well again, all tasks come to their
 * end, and it is judged what became of them.
 */
import { setTimeout as delay } from "node:timers/promises";
import { keys } from "../../src/task/keys.ts";
import { type Orch, startOrch } from "../support/orch.ts";
import { randomFrom } from "../support/random.ts";
import { type Asked, makeAsker } from "./asker.ts";
import { failAtGitHub } from "./github-faults.ts";
import { judge } from "./judge.ts";
import { makeProcessFaults, type ProcessFaults, type Tallies } from "./process-faults.ts";
import { makeTally, type Tally } from "./tally.ts";
import { makeWitness } from "./witness.ts";

export type Plan = {
  seed: number;
  tasks: number;
  /** Every so many tasks one is a team's; none: none is. */
  teams?: number;
  /** Commands come as the faults do; when so many have happened there are no more. */
  faults: number;
  bots: 1 | 2;
  /** Longest time for all of the faults, in ms. What has not been asked by then is not asked. */
  longestMs: number;
  /** From the last fault until all is told. */
  endsWithinMs: number;
  longestFreezeMs: number;
  /** Longest time between two faults of processes. */
  restMs: number;
  /**
   * Nobody asks while a bot or Redis is away, and nobody waits for the second looks. Both take minutes: GitHub's own log is read
   * every five, and what may come late is looked for after one.
   */
  isShort?: true;
  say?: (line: string) => void;
};

export type Campaign = {
  asked: number;
  /** Runs whose agent was seen at work. */
  seen: number;
  faults: Tally;
  /** Programs that ended and that nobody had killed; they were started again. */
  ownEnds: Tally;
  /** By the kind of their outcome. */
  ends: Tally;
  wrong: string[];
  /** Of bots and worker host, for whoever has to find out why. */
  logs: Record<string, string>;
};

/** Tasks that are not over at once: two work, the others wait. */
const AT_ONCE = 6;
const LOOK_MS = 250;
/** So many faults may have happened before the tasks that they are meant for. */
const AHEAD = 8;

export async function runCampaign(plan: Plan): Promise<Campaign> {
  const orch = await startOrch({ agent: "toils", slots: 2, bots: plan.bots });
  const [asked, faults, ownEnds, wrong]: [Asked[], Tally, Tally, string[]] = [[], makeTally(), makeTally(), []];
  const witness = makeWitness(orch.dir);
  const looking = setInterval(witness.look, LOOK_MS);
  try {
    await disturb(orch, plan, asked, { faults, ownEnds });
    const missing = await allIsTold(orch, plan, asked);
    wrong.push(...missing, ...(await judge(orch, asked, witness)));
  } catch (error) {
    wrong.push(`the campaign broke off: ${error instanceof Error ? error.stack : error}`);
  }
  clearInterval(looking);
  const ends = await endsOf(orch, asked);
  // It looks for what was left behind, and for what GitHub would not have taken.
  await orch.close().catch((error: Error) => wrong.push(error.message));
  const logs = { bot: orch.bot.log(), host: orch.host.log(), ...(orch.otherBot && { otherBot: orch.otherBot.log() }) };
  return { asked: asked.length, seen: witness.seen(), faults, ownEnds, ends, wrong, logs };
}

async function disturb(orch: Orch, plan: Plan, asked: Asked[], tallies: Tallies): Promise<void> {
  const { faults } = tallies;
  const { seed, restMs } = plan;
  const ask = await makeAsker(orch, randomFrom(seed), plan);
  const processes = makeProcessFaults(orch, randomFrom(seed + 1), tallies, plan);
  const [rests, atGitHub] = [randomFrom(seed + 2), randomFrom(seed + 3)];
  const stopAt = Date.now() + plan.longestMs;
  let [isAsking, isBroken] = [true, false];
  /** On a slow machine faults would all have happened before most tasks are asked for. */
  const isFaultDue = () =>
    faults.total() < plan.faults && faults.total() <= (asked.length / plan.tasks) * plan.faults + AHEAD;
  const isOver = () => isBroken || Date.now() > stopAt || (!isAsking && faults.total() >= plan.faults);

  async function people(): Promise<void> {
    while (asked.length < plan.tasks && !isOver()) {
      const isDue = asked.length <= (faults.total() / plan.faults) * plan.tasks + 1;
      if (isDue && (await open(orch, asked)) < AT_ONCE) asked.push(await undisturbed(orch, plan, processes, ask));
      else await delay(LOOK_MS);
    }
    isAsking = false;
  }
  async function troubleOfProcesses(): Promise<void> {
    for (; !isOver(); await delay(rests.below(restMs))) if (isFaultDue()) processes.strike();
  }
  async function troubleOfGitHub(): Promise<void> {
    for (; !isOver(); await delay(LOOK_MS)) if (isFaultDue()) await failAtGitHub(orch, atGitHub, faults);
  }
  async function tell(): Promise<void> {
    for (let looks = 0; !isOver(); looks++) {
      if (looks % 60 === 59) plan.say?.(`${asked.length} of ${plan.tasks} asked, ${faults.total()} faults`);
      await delay(LOOK_MS);
    }
  }
  const all = [people(), troubleOfProcesses(), troubleOfGitHub(), tell()];
  try {
    await Promise.all(all);
  } finally {
    isBroken = true;
    await Promise.allSettled(all);
  }
  await processes.calm();
}

/** Asks, in a short campaign while a bot hears and Redis records what it hears. */
async function undisturbed(
  orch: Orch,
  plan: Plan,
  processes: ProcessFaults,
  ask: () => Promise<Asked>,
): Promise<Asked> {
  if (!plan.isShort) return ask();
  return await processes.without(["bot", "other bot", "Redis"], async () => {
    await orch.ready();
    const asked = await ask();
    await orch.simulator.idle();
    return asked;
  });
}

/** Redis may be away. */
const read = (orch: Orch, { taskId }: Asked) => orch.store.read(taskId).catch(() => undefined);

async function open(orch: Orch, asked: readonly Asked[]): Promise<number> {
  const tasks = await Promise.all(asked.map((each) => read(orch, each)));
  return tasks.filter((task) => task?.state.name !== "settled").length;
}

/** What is not told in time, in sentences. */
async function allIsTold(orch: Orch, plan: Plan, asked: readonly Asked[]): Promise<string[]> {
  plan.say?.(`the faults are over, ${await open(orch, asked)} of ${asked.length} tasks are not`);
  const sets = [keys.unreported, keys.inbox, ...(plan.isShort ? [] : [keys.secondLooks])];
  const giveUpAt = Date.now() + plan.endsWithinMs;
  for (;;) {
    const left = await Promise.all(sets.map(async (set) => [set, await orch.redis.zcard(set)] as const));
    const unsettled = await open(orch, asked);
    const due = left.filter(([, count]) => count > 0);
    if (unsettled === 0 && due.length === 0) return [];
    if (Date.now() > giveUpAt)
      return [`after ${plan.endsWithinMs / 1_000} s: ${unsettled} tasks are not settled, still due: ${due.join("; ")}`];
    await delay(LOOK_MS);
  }
}

async function endsOf(orch: Orch, asked: readonly Asked[]): Promise<Tally> {
  const ends = makeTally();
  for (const each of asked) {
    const state = (await read(orch, each))?.state;
    ends.add(state?.name === "settled" ? state.outcome.kind : (state?.name ?? "no record"));
  }
  return ends;
}
