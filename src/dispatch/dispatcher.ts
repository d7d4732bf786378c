/**
 * Decides when a task starts: only here a task becomes queued, and only from here its job is added. A task that may not start
 * yet waits in a due set (`orch:dispatch`), is looked at when what it waits for happens, and from time to time besides:
 * messages get lost. Several bots may look at the same task; the record's version lets one decision count.
 */
import type { Redis } from "ioredis";
import { type DueLoop, startDueLoop } from "../due-loop.ts";
import type { Logger } from "../log.ts";
import { takeProbe } from "../task/breaker.ts";
import { HOME_WAIT_MS } from "../task/deadlines.ts";
import type { Taken } from "../task/due-set.ts";
import { HOSTS_CHANGED, type HostView, ROOM_CHANGED, takingWork } from "../task/hosts.ts";
import { keys } from "../task/keys.ts";
import type { Lane } from "../task/lane.ts";
import { BUDGET_CHANGED } from "../task/ledger.ts";
import type { Outcome } from "../task/outcome.ts";
import { readPause } from "../task/pause.ts";
import type { PlanStore } from "../task/plans.ts";
import type { TaskQueue } from "../task/queue.ts";
import { isUnusable } from "../task/record.ts";
import type { Beginning } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { limitReason, type WaitingReason } from "../task/waiting.ts";
import { wakeByMessages } from "../wake-by-messages.ts";
import { endsWith, ontoPullOf } from "./behind.ts";
import { endOf, reasonsOf } from "./end-of-wait.ts";
import { makeForTeam } from "./for-team.ts";
import { leavesHomeAt } from "./leaves-home.ts";
import { groundOn, type PlanGround } from "./plan-ground.ts";
import { isMostlyUsed } from "./plan-use.ts";
import type { Readiness, World } from "./readiness.ts";
import { isReady } from "./ready.ts";
import { referUp } from "./refer-up.ts";
import { makeTeams, type TeamDeps } from "./team.ts";
import { tellOfRoom } from "./tell-of-room.ts";
import { readWorld, type WorldSources } from "./world.ts";

export type DispatcherDeps = WorldSources & {
  queue: TaskQueue;
  plans: PlanStore;
  /** What a plan may be made of; none: as its home and its repository say. */
  groundOf?: TeamDeps["groundOf"];
  /** Told of a task that a host can begin at once, when its job is on its way. Must not throw. */
  onStarting: (spec: TaskSpec) => void;
  log: Logger;
};

export type Dispatcher = {
  /** Records a task, which starts or waits; nothing is recorded, and told why, where no host has its agent. Safe to repeat. */
  accept(spec: TaskSpec): Promise<Extract<Readiness, { kind: "refused" | "unaffordable" }> | undefined>;
  /** A recorded task has whatever it needs to start: a job, or somebody who looks. */
  ensure(task: Task): Promise<void>;
  /** Looks at what waits. */
  start(subscriber: Redis): void;
  stop(): Promise<void>;
};

/** Tasks that wait are looked at at least this often, ms. */
const LOOK_MS = 15_000;
/** A record in doubt, ms. */
const DOUBT_LOOK_MS = 60_000;
const AT_ONCE = 16;

export function makeDispatcher(deps: DispatcherDeps): Dispatcher {
  const { redis, store, queue, onStarting, now, log } = deps;
  const teams = makeTeams({ ...deps, groundOf: deps.groundOf ?? groundAtHome, isLow, begin: beginNode });
  const forTeam = makeForTeam({ ...deps, goOnAlone: teams.goOnAlone, decide });
  let loop: DueLoop | undefined;
  let woken: { stop(): void } | undefined;

  async function groundAtHome({ spec, runs }: Task): Promise<PlanGround> {
    return groundOn(
      (await deps.hosts()).find(({ id }) => id === runs.at(-1)?.host),
      spec,
    );
  }

  async function isLow({ spec }: Task): Promise<boolean> {
    return await isMostlyUsed(redis, spec, { hosts: await deps.hosts(), at: now() });
  }

  async function accept(spec: TaskSpec) {
    const world = await readWorld(deps, spec);
    const readiness = isReady(spec, world);
    if (readiness.kind === "refused" || readiness.kind === "unaffordable") return readiness;
    await create(spec, beginningOf(readiness, now()), world.hosts);
    return undefined;
  }

  /** One that cannot start at all ends at the first look at it, as any task that waits. */
  async function beginNode(spec: TaskSpec): Promise<void> {
    const world = await readWorld(deps, spec);
    const readiness = isReady(spec, world);
    const cannot = readiness.kind === "refused" || readiness.kind === "unaffordable";
    const reason: WaitingReason = { for: "agent", until: now() };
    await create(spec, cannot ? { waits: [reason] } : beginningOf(readiness, now()), world.hosts);
  }

  async function create(spec: TaskSpec, begin: Beginning, hosts: readonly HostView[]): Promise<void> {
    const created = await store.create(spec, begin);
    const task = await store.read(spec.id);
    if (task) await ensure(task);
    if (created && task?.state.name === "queued") await tellIfStarting(task, hosts);
  }

  async function ensure(task: Task): Promise<void> {
    if (task.state.name === "queued") return await enqueue(task);
    if (task.state.name !== "waiting") return;
    // At once: what it waits for may have happened since it was judged.
    await store.dispatches.plan(task.spec.id, now());
    loop?.wake();
  }

  async function enqueue(task: Task): Promise<void> {
    const leaveAt = leavesHomeAt(task);
    // First: whoever dies in between leaves a job that somebody looks after.
    if (leaveAt !== undefined) await store.dispatches.plan(task.spec.id, leaveAt);
    await queue.enqueue(task);
  }

  /** Where all slots with its agent are busy, a token made now would be too old when the run begins. */
  async function tellIfStarting({ spec, agent = "" }: Task, all: readonly HostView[]): Promise<void> {
    const hosts = takingWork(all).filter(({ agents }) => agents.includes(agent));
    const slots = hosts.reduce((sum, host) => sum + host.slots, 0);
    const { waiting, active } = await queue.depth();
    if (waiting + active <= slots) onStarting(spec);
  }

  async function dispatch(taken: Taken): Promise<void> {
    const reading = await store.lookUp(taken.member);
    if (isUnusable(reading)) return void (await taken.postpone(now() + DOUBT_LOOK_MS));
    const task = reading.kind === "known" ? reading.record : undefined;
    const lookAt = task && (await whatNext(task));
    if (lookAt === undefined) await taken.done();
    else await taken.postpone(lookAt);
  }

  /** When to look again, Unix ms; undefined when there is nothing to decide any more. */
  async function whatNext(task: Task): Promise<number | undefined> {
    const next = await teams.look(task);
    if (next) return await forTeam(task, next);
    if (task.state.name === "settled") return undefined;
    if (task.spec.node && (await teams.isLeft(task))) {
      await teams.stop(task.spec.node.plan, [task.spec.id]);
      return undefined;
    }
    if (task.state.name === "waiting") return await judge(task, task.state.reasons);
    if (task.state.name !== "queued") return undefined;
    const { pause, resumedAt } = task.state.lane?.host === undefined ? {} : await readPause(redis);
    const leaveAt = leavesHomeAt(task, resumedAt);
    if (leaveAt !== undefined && leaveAt <= now() && !pause) return await leaveHome(task, leaveAt);
    // Whoever said that it may start may have died before its job was added.
    await queue.enqueue(task);
    return leaveAt !== undefined && pause ? now() + HOME_WAIT_MS : leaveAt;
  }

  /** Its home has not taken it: any host that has the agent may, with a hand-over. */
  async function leaveHome(task: Task, leaveAt: number): Promise<number | undefined> {
    const { spec, version, agent = "" } = task;
    const lane: Lane = { agent };
    const change = () => store.advance(spec.id, { name: "ready", version, lane, at: now() });
    const moved = await queue.move(task, change);
    if (moved) log.info({ task: spec.id, agent }, "a task has waited for its home in vain: any host may take it");
    // Where there was no job to move, its home has it, or somebody has just changed the record.
    const left = moved || (await store.read(spec.id))?.state.name !== "queued";
    return left ? undefined : Math.max(leaveAt, now() + LOOK_MS);
  }

  /** When to look again, Unix ms; undefined when the task waits no more. */
  async function judge(task: Task, waiting: readonly WaitingReason[]): Promise<number | undefined> {
    if (await referUp({ store, plans: store.plans, now }, task)) return now();
    const { spec, version } = task;
    const world = { ...(await readWorld(deps, spec)), task };
    const at = now();
    const target = ontoPullOf(spec, world.first);
    // Looked at anew at once: on its branch there may be others before it.
    if (target) {
      await store.advance(spec.id, { name: "onto", version, target, at });
      return at;
    }
    const end = endsWith(spec, world.first, waiting);
    return await decide(task, waiting, { readiness: isReady(spec, world, waiting), world, end });
  }

  type Decision = { readiness: Readiness; world: World; end?: Outcome | undefined };

  async function decide(task: Task, waiting: readonly WaitingReason[], { readiness, world, end }: Decision) {
    const { spec, version } = task;
    const at = now();
    if (readiness.kind === "ready" && !end) {
      const { lane, continues, probes, routing } = readiness;
      // Another bot may have let another task try in the meantime.
      if (probes && !(await takeProbe(redis, probes, spec.id, at))) return at;
      const ready = await store.advance(spec.id, { name: "ready", version, lane, continues, routing, at });
      if (!ready) return at;
      await queue.enqueue(ready);
      log.info({ task: spec.id, lane, continues }, "a task that waited may start");
      await tellIfStarting(ready, world.hosts);
      return spec.team ? at + LOOK_MS : leavesHomeAt(ready);
    }
    const outcome = end ?? endOf(task, readiness, at);
    if (outcome) return (await store.advance(spec.id, { name: "given_up", version, outcome, at })) ? undefined : at;
    const reasons = reasonsOf(readiness);
    const before = task.state.name === "waiting" ? task.state.reasons : waiting;
    if (JSON.stringify(reasons) !== JSON.stringify(before))
      await store.advance(spec.id, { name: "waits", version, reasons, at });
    return Math.min(at + LOOK_MS, ...reasons.map(({ until }) => until), ...reasons.flatMap(resumesAt));
  }

  return {
    accept,
    ensure,
    start(subscriber) {
      const set = store.dispatches;
      loop = startDueLoop({ name: "dispatch", set, atOnce: AT_ONCE, sweepMs: LOOK_MS, work: dispatch, now, log });
      const { wake } = loop;
      woken = wakeByMessages(subscriber, { channel: keys.ready, about: "what may start", wake, hear, log });
    },
    stop: async () => {
      woken?.stop();
      await loop?.stop();
    },
  };

  /** Of hosts, or of room in an envelope: all that waits is looked at. Of a task that is over: what waits for it is due already. */
  function hear(message: string): void {
    const areHosts = message === HOSTS_CHANGED || message === ROOM_CHANGED || message === BUDGET_CHANGED;
    const due = areHosts ? store.dispatches.hasten(now()) : Promise.resolve();
    if (message === ROOM_CHANGED) tellOfRoom({ store, now, log });
    due
      .then(() => loop?.wake())
      .catch((error: unknown) => log.debug({ err: error }, "news for tasks that wait is left to the sweep"));
  }
}

/** When a limit is over, Unix ms. */
const resumesAt = (reason: WaitingReason): number[] => (reason.for === "limit" ? [reason.at] : []);

/** Who is to try an account waits first: only one task may. */
function beginningOf(readiness: Exclude<Readiness, { kind: "refused" | "unaffordable" }>, now: number): Beginning {
  if (readiness.kind === "waits") return { waits: readiness.reasons };
  if (readiness.probes) {
    const { agent, why } = readiness.probes;
    return { waits: [limitReason({ agent, why, since: now, at: now }, now)] };
  }
  const { lane, continues, routing } = readiness;
  return { lane, continues, ...(routing && { routing }) };
}
