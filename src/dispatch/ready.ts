/**
 * Whether a task may start, and as whose work. Pure. A task starts when no other task works on its branch, and when a living host
 * offers its agent; until then it waits, and says for what. On a pull request every task goes on from the one before it; on an
 * issue tasks are independent.
 */

import { branchOf } from "../task/branch.ts";
import { type Breaker, isProbed } from "../task/breaker.ts";
import { BUDGET_WAIT_MS } from "../task/deadlines.ts";
import { type Balance, type EnvelopeKind, shortOf } from "../task/envelope.ts";
import { type HostView, takingWork } from "../task/heartbeat.ts";
import type { Lane } from "../task/lane.ts";
import { approvedPlan } from "../task/proposal.ts";
import type { Routing } from "../task/routing.ts";
import type { Task, TaskSpec } from "../task/task.ts";
import { type LimitReason, limitReason, type WaitingReason } from "../task/waiting.ts";
import { type Amounts, UNITS, type Unit } from "../text/budget.ts";
import { standsBehind } from "./behind.ts";
import { parkedAt, stillHolding } from "./parked.ts";
import { agentOfMostSlots, wishFor } from "./role-agent.ts";

/** Its envelopes as they stand, what its run wants to set aside, and what a task may be given at most. */
export type Funds = { balances: readonly Balance[]; want: Amounts; most: Amounts };

/** Why it can never start. `beyond`: it was given more than it may have. */
export type Unaffordable =
  | { what: "beyond"; unit: Unit; asked: number; most: number }
  | { what: "short"; of: EnvelopeKind; unit: Unit; limit: number };

/** What the decision depends on besides the task itself. */
export type World = {
  /** Unix ms. */
  now: number;
  hosts: readonly HostView[];
  /** Names of the agents that some host has offered within the last seven days. */
  offered: readonly string[];
  /** Accounts that refuse. */
  breakers: readonly Breaker[];
  /**
   * The tasks that were accepted before it and work, or worked, on its branch, oldest first. Of those that are not over
   * at least the last one, of those that are at least the last one that got as far as an agent.
   */
  before: readonly Task[];
  /** Ids of those before it that are not over, as far as anybody knows, and whose record is in doubt; at least the last one. */
  inDoubt: readonly string[];
  /** The task that it stands behind. */
  first?: Task | undefined;
  /** The task itself, once it is recorded. */
  task?: Task | undefined;
  /** The task that it does once more. */
  retried?: Task | undefined;
  /** Of a node: the try before this one. */
  lastTry?: Task | undefined;
  /** None where nothing is limited. */
  funds?: Funds | undefined;
  /** How an agent was chosen where nobody has named one; none where none is to be. */
  routing?: Routing | undefined;
};

export type Readiness =
  /**
   * `lane`: of the agent, or of the host that keeps the session which it goes on with. `probes`: only as the one task that tries
   * whether this account takes requests again.
   */
  | {
      kind: "ready";
      lane: Lane;
      continues: string | undefined;
      probes?: Breaker | undefined;
      routing?: Routing | undefined;
    }
  | { kind: "waits"; reasons: WaitingReason[] }
  /** `known`: the agents that there are. */
  | { kind: "refused"; agent: string; known: readonly string[] }
  | { kind: "unaffordable"; why: Unaffordable };

const HOUR_MS = 3600_000;
/** So long a task waits at most, ms. */
const WAITS_AT_MOST = { task: 7 * 24 * HOUR_MS, agent: 24 * HOUR_MS, budget: BUDGET_WAIT_MS } as const;
/** How soon a task looks again whose turn it may be next, ms. */
const NEXT_LOOK_MS = 15_000;

/** `waiting`: what it waits for by now; the deadline of what it goes on waiting for stays. */
export function isReady(spec: TaskSpec, all: World, waiting: readonly WaitingReason[] = []): Readiness {
  const only = onlyHostOf(spec, all.task);
  const world = only === undefined ? all : { ...all, hosts: all.hosts.filter(({ id }) => id === only) };
  const held = stillHolding(waiting, world);
  if (held.length > 0) return { kind: "waits", reasons: held };
  const limited = waiting.find((reason) => reason.for === "limit");
  const parked = parkedAt(world.task);
  const named = limited?.agent ?? parked?.agent ?? wishFor(spec, world);
  const routing = named === undefined ? world.routing : undefined;
  const agent = agentFor(named ?? routedTo(routing), world);
  if (agent.kind === "unknown") return { kind: "refused", agent: agent.name, known: [...world.offered].sort() };
  const reasons = [
    ...unfinished(spec, world),
    ...(agent.kind === "absent" ? [absent(agent.name, world.now, only)] : []),
  ];
  if (reasons.length > 0 || agent.kind === "absent")
    return { kind: "waits", reasons: reasons.map((reason) => since(reason, waiting, world)) };
  const home = only ?? limited?.host ?? parked?.host;
  const own = home === undefined ? undefined : takesFrom(home, agent.name, world.hosts);
  const breaker = breakerOf(agent.name, world, own);
  const limit = limitFor(spec, {
    agent: agent.name,
    breaker,
    limited,
    host: home,
    now: world.now,
  });
  if (limit) return { kind: "waits", reasons: [limit] };
  const poor = world.funds && withoutFunds(spec, world.funds, world.now, waiting);
  if (poor) return poor;
  const predecessor = predecessorOf(spec, world);
  const host =
    home === undefined ? (keeperOf(agent.name, world) ?? (predecessor && homeOf(predecessor, agent.name, world))) : own;
  const lane: Lane = {
    agent: agent.name,
    ...(host !== undefined && { host }),
    ...(only !== undefined && { only: true }),
  };
  return {
    kind: "ready",
    lane,
    continues: predecessor?.spec.id,
    ...(breaker && { probes: breaker }),
    ...(routing && { routing }),
  };
}

/** Advice is only told. */
const routedTo = (routing: Routing | undefined): string | undefined =>
  routing?.mode === "route" ? routing.chosen : undefined;

/** Whether the run may start that publishes what a team's plan has come to: it has no agent, and sets nothing aside. */
export function mayFinish(task: Task, { hosts, now }: World, waiting: readonly WaitingReason[]): Readiness {
  const only = onlyHostOf(task.spec, task);
  const [host] = takingWork(hosts.filter(({ id }) => id === only));
  if (host)
    return {
      kind: "ready",
      lane: { agent: task.agent ?? host.defaultAgent, host: host.id, only: true },
      continues: undefined,
    };
  const reason = absent(task.agent, now, only);
  return { kind: "waits", reasons: [waiting.find(isSame(reason)) ?? reason] };
}

/** Undefined where its run can set aside what it needs. */
function withoutFunds(
  { budget }: TaskSpec,
  { balances, want, most }: Funds,
  now: number,
  waiting: readonly WaitingReason[],
): Exclude<Readiness, { kind: "ready" | "refused" }> | undefined {
  for (const unit of UNITS) {
    const [asked, limit] = [budget?.[unit], most[unit]];
    if (asked !== undefined && limit !== undefined && asked > limit)
      return { kind: "unaffordable", why: { what: "beyond", unit, asked, most: limit } };
  }
  const short = shortOf(balances, want);
  if (!short) return undefined;
  const { of, unit } = short;
  const balance = balances.find((each) => each.of === of);
  // Nothing comes back to a task that has used up its own: no run of it is going.
  if (short.never || ((of === "task" || of === "plan") && !balance?.reserved[unit]))
    return { kind: "unaffordable", why: { what: "short", of, unit, limit: balance?.limit[unit] ?? 0 } };
  const reason: WaitingReason = { for: "budget", of, unit, until: now + WAITS_AT_MOST.budget };
  return { kind: "waits", reasons: [waiting.find(isSame(reason)) ?? reason] };
}

/**
 * Undefined as long as some host's account for the agent takes requests; else the one that is tried first. `own`: the host on which the
 * task goes on, whose account alone matters then.
 */
function breakerOf(agent: string, { hosts, breakers }: World, own: string | undefined): Breaker | undefined {
  const all = (own === undefined ? takingWork(hosts) : hosts.filter(({ id }) => id === own))
    .filter(({ agents }) => agents.includes(agent))
    .map(({ accounts }) => breakers.find((each) => each.agent === agent && each.account === accounts?.[agent]));
  return all.every((breaker) => breaker !== undefined) ? all.toSorted((one, other) => one.at - other.at)[0] : undefined;
}

/** `host`: where the task was parked. */
type Limit = {
  agent: string;
  breaker: Breaker | undefined;
  limited: LimitReason | undefined;
  host: string | undefined;
  now: number;
};

/** What an account that refuses makes of a task: it waits for its own time, then for that of the account, then for who tries. */
function limitFor({ id }: TaskSpec, { agent, breaker, limited, host, now }: Limit): LimitReason | undefined {
  if (limited && !limited.probing && now < limited.at) return limitReason(limited, now);
  if (!breaker) return undefined;
  const { why, since, at } = breaker;
  if (now < at) return limitReason({ agent, why, since: Math.max(since, limited?.at ?? 0), at, host }, now);
  if (!isProbed(breaker, id, now)) return undefined;
  // The time stays the same while it waits, so that nobody is told anew.
  const next = limited?.probing && limited.at > now ? limited.at : now + NEXT_LOOK_MS;
  return limitReason({ agent, why, since, at: Math.max(next, breaker.probe?.until ?? 0), host, probing: true }, now);
}

/**
 * The host that keeps the session of a task's last run, if the same agent is to go on with it. A host that is silent may be
 * starting anew; one that has said goodbye, drains, or does not offer the agent any more is no home.
 */
function homeOf({ runs }: Task, agent: string, { hosts }: World): string | undefined {
  const last = runs.at(-1);
  if (last?.progress.home === undefined || last.progress.agent !== agent) return undefined;
  return takesFrom(last.host, agent, hosts);
}

/** The host that keeps the work of the task that is tried again, where only publishing it did not succeed. */
function keeperOf(agent: string, { retried, hosts, now }: World): string | undefined {
  const last = retried?.runs.at(-1);
  if (last?.checkpoint?.kind !== "objects" || !last.checkpoint.ready || last.checkpoint.until <= now) return undefined;
  return takesFrom(last.host, agent, hosts);
}

function takesFrom(id: string, agent: string, hosts: readonly HostView[]): string | undefined {
  const host = hosts.find((each) => each.id === id);
  return host && !host.draining && host.agents.includes(agent) ? id : undefined;
}

type Agent = { kind: "offered"; name: string } | { kind: "absent"; name?: string } | { kind: "unknown"; name: string };

function agentFor(wish: string | undefined, { hosts, offered }: World): Agent {
  const taking = takingWork(hosts);
  const name = wish ?? agentOfMostSlots(taking, ({ defaultAgent }) => defaultAgent);
  if (name === undefined) return { kind: "absent" };
  if (taking.some(({ agents }) => agents.includes(name))) return { kind: "offered", name };
  // Where no host has ever been, one with the agent may be the first to come.
  if (offered.length > 0 && !offered.includes(name)) return { kind: "unknown", name };
  return { kind: "absent", name };
}

/**
 * The last one that is not over stands for all before it, which it waits for itself; should it end first, the one before it is
 * next. So what a task waits for stays short, however many were asked for. A task whose record is in doubt may be at work.
 */
function unfinished(spec: TaskSpec, { now, before, inDoubt, first }: World): WaitingReason[] {
  const open = onBranchOf(spec, before).filter(({ state }) => state.name !== "settled");
  const doubts = spec.target.kind === "pull" || spec.after !== undefined ? inDoubt : [];
  const until = now + WAITS_AT_MOST.task;
  if (first && standsBehind(spec, first)) return [{ for: "task", task: first.spec.id, behind: true, until }];
  const ids = [...open.map((task) => task.spec.id).slice(-1), ...doubts.slice(-1)];
  return ids.map((task) => ({ for: "task", task, until }));
}

const absent = (agent: string | undefined, now: number, host: string | undefined): WaitingReason => ({
  for: "agent",
  ...(agent !== undefined && { agent }),
  ...(host !== undefined && { host }),
  until: now + WAITS_AT_MOST.agent,
});

/**
 * With the deadline that it has had so far. A task that waits itself has deadlines of its own, however long people let it wait: who
 * waits for it is given more time, in few steps.
 */
function since(reason: WaitingReason, waiting: readonly WaitingReason[], { before, first }: World): WaitingReason {
  const known = waiting.find(isSame(reason));
  if (!known) return reason;
  const leader =
    reason.for === "task" && [...before, ...(first ? [first] : [])].find(({ spec }) => spec.id === reason.task);
  return leader && leader.state.name === "waiting" && reason.until - known.until > WAITS_AT_MOST.task / 2
    ? reason
    : known;
}

const isSame = (reason: WaitingReason) => (other: WaitingReason) =>
  JSON.stringify({ ...other, until: 0 }) === JSON.stringify({ ...reason, until: 0 });

/** The host without which it cannot go on, as that alone keeps the work of its plan. */
const onlyHostOf = ({ node }: TaskSpec, task: Task | undefined): string | undefined =>
  node?.home ?? (task && approvedPlan(task) ? task.runs.at(-1)?.host : undefined);

/** Those before it that work, or worked, on the branch that it works on. */
const onBranchOf = (spec: TaskSpec, before: readonly Task[]): Task[] =>
  before.filter((task) => isOnBranchOf(spec, task));

/**
 * Whether an earlier task works, or worked, on the branch that this one works on. On an issue each has its own, and nodes work on none: their
 * team's task has it.
 */
export const isOnBranchOf = (spec: TaskSpec, earlier: Task): boolean =>
  spec.target.kind === "pull" &&
  !spec.node &&
  !earlier.spec.node &&
  (earlier.pushed?.branch ?? branchOf(earlier.spec)) === branchOf(spec);

/** Whether it got as far as an agent, so that there is something to go on from. */
const hadAgent = ({ runs }: Task): boolean => runs.some(({ progress }) => progress.agent !== undefined);

/** Whether another task may go on from it: of a review nobody does, who judges has not to know what was thought before. */
export const mayGoOnFrom = (task: Task): boolean => hadAgent(task) && task.spec.review === undefined;

function predecessorOf(spec: TaskSpec, { before, first, lastTry }: World): Task | undefined {
  if (spec.review) return undefined;
  if (spec.node) return lastTry && hadAgent(lastTry) ? lastTry : undefined;
  return onBranchOf(spec, before).findLast(mayGoOnFrom) ?? (first && hadAgent(first) ? first : undefined);
}
