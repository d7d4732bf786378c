/**
 * One task as lists and answers show it: plain data, with every text that is not ours on one bounded line. Times are Unix ms.
 */

import type { Checkpoint } from "../task/checkpoint.ts";
import type { Origin } from "../task/origin.ts";
import type { Outcome, RunEnd } from "../task/outcome.ts";
import { isOwnPlace } from "../task/own-place.ts";
import type { RunStart, Verification } from "../task/progress.ts";
import type { Phase, PullRequest, Task, TaskRun, TaskState } from "../task/task.ts";
import { bare } from "../text/quote.ts";

export type HostName = { id: string /** Unknown of a host that is not connected. */; name?: string };

/** A host that takes no task, for want of what. */
export type FullHost = HostName & { lacks: ("disk" | "memory" | "cpu")[] };

export type TaskView = {
  id: string;
  /** owner/name */
  repository: string;
  /** Of the issue or pull request where it was asked for; none where it was under none. */
  number?: number;
  conversation: number;
  /** Login of whoever asked; none where the repository asked by itself. */
  actor?: string;
  origin: Origin;
  request: string;
  agent?: string;
  state: TaskState["name"];
  /** Since when it is in that state; of a run, when it began. */
  since: number;
  acceptedAt: number;
  /** Of a task that runs. */
  phase?: Phase;
  host?: HostName;
  /** Somebody cancelled it, and its host has not stopped it yet. */
  stopping: boolean;
  /** Of a task that is over. */
  outcome?: Outcome["kind"];
  pullRequest?: PullRequest;
  /** The task that it goes on from. */
  continues?: string;
  /** Where that is kept which its last run left. */
  checkpoint?: CheckpointView;
};

/** `host`: on whose data folder `folder` is. */
export type CheckpointView = Checkpoint & { host: HostName };

/** How a check went, without what it printed. */
export type CheckResult = Omit<Verification, "outputTail">;

/** One try at a task. What a run does not say of itself is missing. */
export type RunView = {
  number: number;
  host: HostName;
  startedAt: number;
  endedAt?: number;
  end?: RunEnd;
  start?: RunStart;
  agent?: string;
  model?: string;
  inputTokens?: number;
  outputTokens?: number;
  /** US dollars. */
  costUsd?: number;
  verification?: CheckResult;
  checkpoint?: CheckpointView;
};

/** Hosts whose names are known. */
export type NamedHosts = readonly { id: string; name: string }[];

export function taskView(task: Task, hosts: NamedHosts = []): TaskView {
  const { spec, state } = task;
  const agent = agentOf(task);
  const pullRequest = pullRequestOf(task);
  const last = task.runs.at(-1);
  const checkpoint = last && checkpointView(last, hosts);
  return {
    id: spec.id,
    repository: bare(`${spec.repository.owner}/${spec.repository.name}`, 140),
    ...(!isOwnPlace(spec.number) && { number: spec.number }),
    conversation: spec.conversation,
    ...(spec.actor && { actor: bare(spec.actor.login, 60) }),
    origin: originView(spec.origin),
    request: bare(spec.instruction, 200),
    ...(agent !== undefined && { agent }),
    state: state.name,
    since: state.name === "settled" ? state.at : state.since,
    acceptedAt: spec.acceptedAt,
    ...(state.name === "running" && { phase: state.phase, host: hostName(state.host, hosts) }),
    stopping: isStopping(task),
    ...(state.name === "settled" && { outcome: state.outcome.kind }),
    ...(pullRequest && { pullRequest }),
    ...(task.continues !== undefined && { continues: task.continues }),
    ...(checkpoint && { checkpoint }),
  };
}

/** Names and addresses in it are signed by GitHub, and may be anybody's words all the same. */
function originView<From extends Origin>(origin: From): From {
  const fields = Object.entries(origin).map(([name, value]) => [
    name,
    typeof value === "string" ? bare(value, 300) : value,
  ]);
  return Object.fromEntries(fields) as From;
}

/** The agent that has it, or was asked for. */
export function agentOf({ agent, spec, runs }: Task): string | undefined {
  const name = runs.at(-1)?.progress.agent ?? agent ?? spec.agent;
  return name === undefined ? undefined : bare(name, 80);
}

/** Once the branch is on GitHub it is too late to stop. */
export const isStopping = ({ state, cancel, pushed }: Task): boolean =>
  state.name !== "settled" && cancel !== undefined && !pushed;

function pullRequestOf({ state, pullRequest }: Task): PullRequest | undefined {
  const found = state.name === "settled" && state.outcome.kind === "pull_request" ? state.outcome : pullRequest;
  return found && { number: found.number, url: bare(found.url, 300) };
}

export function hostName(id: string, hosts: NamedHosts): HostName {
  const name = hosts.find((host) => host.id === id)?.name;
  return { id: bare(id, 60), ...(name !== undefined && { name: bare(name, 80) }) };
}

export function runView(run: TaskRun, hosts: NamedHosts = []): RunView {
  const { progress, host } = run;
  const { start, agent, model, inputTokens, outputTokens, costUsd, verification } = progress;
  const known = {
    endedAt: run.endedAt,
    end: run.end,
    start,
    agent: agent === undefined ? undefined : bare(agent, 80),
    model: model === undefined ? undefined : bare(model, 80),
    inputTokens,
    outputTokens,
    costUsd,
    verification: verification && checkResult(verification),
    checkpoint: checkpointView(run, hosts),
  };
  const { number, startedAt } = run;
  return { number, host: hostName(host, hosts), startedAt, ...withoutUnknown(known) };
}

/** Undefined also of a kind that only a newer Orch knows. */
function checkpointView({ checkpoint, host }: TaskRun, hosts: NamedHosts): CheckpointView | undefined {
  if (checkpoint?.kind !== "workspace" && checkpoint?.kind !== "objects") return undefined;
  return { ...checkpoint, host: hostName(host, hosts), folder: bare(checkpoint.folder, 200) };
}

export function checkResult({ command, exitCode, rounds, unchanged, hidden }: Verification): CheckResult {
  const paths = hidden?.paths.map((path) => bare(path, 200));
  const more = { ...(unchanged && { unchanged }), ...(hidden && paths && { hidden: { ...hidden, paths } }) };
  return { command: bare(command, 200), exitCode, rounds, ...more };
}

type Known<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

const withoutUnknown = <T extends object>(fields: T): Known<T> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Known<T>;
