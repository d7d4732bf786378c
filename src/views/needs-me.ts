/**
 * What waits for a person: tasks that cannot go on without one, ends that only a person can do something about, hosts that
 * are not heard of. Pure. A new kind is added here and gets its words in `src/words/need-words.ts`. Times are Unix ms.
 */

import { pullNumberOf } from "../task/branch.ts";
import type { HostView } from "../task/hosts.ts";
import type { Outcome } from "../task/outcome.ts";
import { approvedPlan } from "../task/proposal.ts";
import { isForPerson, openQuestions } from "../task/question.ts";
import type { RunDoubt } from "../task/standing.ts";
import type { PullRequest, Task } from "../task/task.ts";
import { bare } from "../text/quote.ts";
import type { Around } from "./around.ts";
import { hosts } from "./hosts.ts";
import type { CiView } from "./pull-fates.ts";
import { type QuestionView, questionView } from "./question-view.ts";
import { type HostName, hostName, type TaskView, taskView } from "./task-view.ts";
import { busyOn, why } from "./why.ts";

export type Need =
  /** Tasks that are at work on a host that is silent, or gone. */
  | { kind: "host_silent"; host: HostName /** Its last beat, where one is known. */; since?: number; tasks: string[] }
  /** A host that takes no task for want of room on its disk. */
  | { kind: "no_room"; host: HostName; freeBytes: number; wantedBytes: number }
  /** A host that takes no task because its machine has too little memory free, or is kept busy by something else than tasks. */
  | ({ kind: "strained"; host: HostName } & NonNullable<HostView["strained"]>)
  /** A host that is alive and cannot work; `why`: none where it takes no job. */
  | { kind: "cannot_work"; host: HostName; since: number; why?: string }
  /** All work is held back; `by`: the operator who did that. */
  | { kind: "paused"; by: string; since: number }
  /** A record that says nothing any more. */
  | { kind: "in_doubt"; task: string; doubt: RunDoubt }
  /** Tasks for whose agent there is no host; without `agent`: there is no host at all. `since`: of the first of them. */
  | { kind: "no_agent"; agent?: string; since: number; tasks: string[] }
  /** An agent asks, and its task waits for the answer. */
  | { kind: "question"; task: TaskView; question: QuestionView; since: number }
  /** A task whose agent proposes something. `proposal`: the name of that; `change`: it is one of a plan that is worked through already. */
  | { kind: "approval"; task: TaskView; proposal: string; change?: true; since: number }
  /** A pull request waits for somebody who looks at it; `pull.draft`: where it is known. */
  | { kind: "to_review"; task: TaskView; pull: PullRequest; ci?: CiView; since: number }
  /** A task that ended so that the same request would end so again. `over_limit`: its programs needed more than they may have; `agent_setup`: its agent cannot sign in, or is set up wrongly; `repository_setup`: the repository's setup command fails. */
  | { [Kind in EndKind]: { kind: Kind; task: TaskView; since: number } }[EndKind];

const END_KINDS = ["refused", "verify_failed", "over_limit", "agent_setup", "repository_setup"] as const;
type EndKind = (typeof END_KINDS)[number];

/** Whether it is of a task that is over. */
export const isEnd = (need: Need): need is Extract<Need, { kind: EndKind }> =>
  END_KINDS.some((kind) => kind === need.kind);

export type NeedKind = Need["kind"];

/** Ends are told of for so long. */
const FOR_MS = 7 * 24 * 3600_000;

/** `settled`: tasks that are over, at least those that were within the last days. What holds up others comes first, then the oldest. */
export function needsMe(settled: readonly Task[], around: Around & { tasks: readonly Task[] }): Need[] {
  const { tasks: open, inDoubt = new Map() } = around;
  const doubts = [...inDoubt].map(([task, doubt]) => ({ kind: "in_doubt" as const, task, doubt }));
  const others = [...withoutAgent(around), ...questions(around), ...proposing(around), ...ended(settled, open, around)];
  const { pause } = around.paused ?? {};
  return [
    ...(pause ? [{ kind: "paused" as const, ...pause }] : []),
    ...silentHosts(around),
    ...fullHosts(around),
    ...strainedHosts(around),
    ...hosts(around).flatMap(({ id, cannotWork }) =>
      cannotWork ? [{ kind: "cannot_work" as const, host: hostName(id, around.hosts), ...cannotWork }] : [],
    ),
    ...doubts,
    ...others.sort((one, other) => one.since - other.since),
    ...toReview(settled, around),
  ];
}

/** Whether a task that is over may be told of at all: what is older need not be read. */
export const isRecent = ({ state }: Task, now: number): boolean => state.name === "settled" && now - state.at < FOR_MS;

function silentHosts({ tasks, hosts }: Around & { tasks: readonly Task[] }) {
  const runs = Map.groupBy(
    tasks.flatMap(({ spec, state, pushed }) =>
      state.name === "running" && !pushed ? [{ id: spec.id, host: state.host }] : [],
    ),
    ({ host }) => host,
  );
  return [...runs].flatMap(([id, its]) => {
    const host = hosts.find((each) => each.id === id);
    if (host?.alive) return [];
    const since = host && host.lastBeat > 0 ? { since: host.lastBeat } : {};
    return [{ kind: "host_silent" as const, host: hostName(id, hosts), ...since, tasks: its.map((run) => run.id) }];
  });
}

const fullHosts = ({ hosts }: Around) =>
  hosts.flatMap(({ id, alive, lacksRoom }) =>
    alive && lacksRoom ? [{ kind: "no_room" as const, host: hostName(id, hosts), ...lacksRoom }] : [],
  );

/** One that its own tasks keep busy needs nobody. */
const strainedHosts = ({ hosts, tasks = [] }: Around) =>
  hosts.flatMap(({ id, alive, strained }) => {
    const isOurs = strained?.memory === undefined && busyOn(id, tasks) > 0;
    return alive && strained && !isOurs ? [{ kind: "strained" as const, host: hostName(id, hosts), ...strained }] : [];
  });

/** Whether it waits for such a host, or was queued when there was one. */
function withoutAgent({ tasks, hosts, now }: Around & { tasks: readonly Task[] }) {
  const stuck = tasks.flatMap((task) => {
    const answer = why(task, { hosts, now });
    if (answer.state === "waiting") {
      const reason = answer.reasons.find((each) => each.for === "agent" && each.full === undefined);
      return reason?.for === "agent" ? [{ id: answer.task.id, agent: reason.agent ?? "", since: answer.since }] : [];
    }
    if (answer.state !== "queued" || answer.hosts.length > 0 || answer.full) return [];
    return [{ id: answer.task.id, agent: answer.agent ?? "", since: answer.since }];
  });
  return [...Map.groupBy(stuck, ({ agent }) => agent)].map(([agent, its]) => ({
    kind: "no_agent" as const,
    ...(agent !== "" && { agent }),
    since: Math.min(...its.map(({ since }) => since)),
    tasks: its.map(({ id }) => id),
  }));
}

/** Also while the agent does something else: the sooner it is answered, the less it waits. What a manager is asked is not a person's yet. */
function questions({ tasks, hosts }: Around & { tasks: readonly Task[] }) {
  return tasks.flatMap((task) =>
    openQuestions(task)
      .filter(isForPerson)
      .map((question) => ({
        kind: "question" as const,
        task: taskView(task, hosts),
        question: questionView(question),
        since: question.askedAt,
      })),
  );
}

function proposing({ tasks, hosts }: Around & { tasks: readonly Task[] }) {
  return tasks.flatMap((task) => {
    const { state } = task;
    const reason = state.name === "waiting" && state.reasons.find((each) => each.for === "approval");
    if (!reason) return [];
    const { proposal } = reason;
    const change = approvedPlan(task) ? { change: true as const } : {};
    return [{ kind: "approval" as const, task: taskView(task, hosts), proposal, ...change, since: state.since }];
  });
}

/** Who has asked for something else in the conversation since has seen it. */
function ended(settled: readonly Task[], open: readonly Task[], { now, hosts }: Around) {
  const last = new Map<string, number>();
  for (const task of [...settled, ...open])
    last.set(conversationOf(task), Math.max(last.get(conversationOf(task)) ?? 0, task.spec.acceptedAt));
  return settled.flatMap((task) => {
    const { state, spec } = task;
    const kind = state.name === "settled" ? kindOf(state.outcome) : undefined;
    if (state.name !== "settled" || !kind || !isRecent(task, now) || last.get(conversationOf(task)) !== spec.acceptedAt)
      return [];
    return [{ kind, task: taskView(task, hosts), since: state.at }];
  });
}

/** The newest task of each pull request that nobody has merged or closed, as far as that is known. The oldest end first. */
function toReview(settled: readonly Task[], { tasks, now, hosts, fates }: Around & { tasks: readonly Task[] }) {
  if (!fates) return [];
  const pullAt = ({ spec }: Task, number: number | undefined) => `${spec.repository.id}#${number}`;
  // Where a task is at work on it, there is nothing to review yet. One on the issue that it came of changes nothing of it.
  const seen = new Set(tasks.map((task) => pullAt(task, pullNumberOf(task.spec))));
  const newest = settled.toSorted((one, other) => endOf(other) - endOf(one));
  const found = newest.flatMap((task) => {
    const { state, spec } = task;
    const { closed, ci } = fates.get(spec.id) ?? {};
    if (state.name !== "settled" || state.outcome.kind !== "pull_request" || closed || !isRecent(task, now)) return [];
    const { number, url, draft } = state.outcome;
    if (seen.has(pullAt(task, number))) return [];
    seen.add(pullAt(task, number));
    const pull = { number, url: bare(url, 300), ...(draft !== undefined && { draft }) };
    return [{ kind: "to_review" as const, task: taskView(task, hosts), pull, ...(ci && { ci }), since: state.at }];
  });
  return found.reverse();
}

const endOf = ({ state }: Task): number => (state.name === "settled" ? state.at : 0);

const conversationOf = ({ spec }: Task): string => `${spec.repository.id}#${spec.conversation}`;

function kindOf(outcome: Outcome): EndKind | undefined {
  const { kind } = outcome;
  if (kind === "refused" || kind === "verify_failed" || kind === "over_limit") return kind;
  return outcome.kind === "agent_failed" ? toRepair.get(outcome.reason) : undefined;
}

/** By the adapter's reason, what has to be repaired before an agent can work. */
const toRepair: ReadonlyMap<string, EndKind> = new Map([
  ["auth", "agent_setup"],
  ["config", "agent_setup"],
  ["credit", "agent_setup"],
  ["setup", "repository_setup"],
]);
