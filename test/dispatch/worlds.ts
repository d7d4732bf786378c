/** Hosts, tasks and worlds for the tests of what may start. */
import type { World } from "../../src/dispatch/readiness.ts";
import type { HostView } from "../../src/task/hosts.ts";
import type { Task, TaskState } from "../../src/task/task.ts";
import type { Target, TaskSpec } from "../../src/task/task-spec.ts";
import { makeSpec } from "../support/task-spec.ts";

export const NOW = 1_700_000_000_000;

export const onBranch = (headRef: string): Target => ({
  kind: "pull",
  defaultBranch: "main",
  headRef,
  headSha: "a".repeat(40),
  baseRef: "main",
});

export function host(id: string, changes: Partial<HostView> = {}): HostView {
  const { agents = ["claude"] } = changes;
  return {
    id,
    place: id,
    name: id,
    version: "0.1.0",
    pid: 1,
    slots: 2,
    sandbox: "bwrap",
    agents,
    defaultAgent: agents[0] ?? "",
    draining: false,
    startedAt: NOW,
    lastBeat: NOW,
    alive: true,
    ...changes,
  };
}

const spec = (id: string, changes: Partial<TaskSpec> = {}): TaskSpec =>
  makeSpec({ id, target: onBranch("topic"), ...changes });

export const states: { [Name in TaskState["name"]]: Extract<TaskState, { name: Name }> } = {
  waiting: { name: "waiting", since: NOW, reasons: [{ for: "agent", until: NOW }] },
  queued: { name: "queued", since: NOW },
  running: { name: "running", phase: "working", host: "h", claim: "c", job: "j", since: NOW, phaseSince: NOW },
  settled: { name: "settled", outcome: { kind: "no_changes", lastWords: "" }, at: NOW },
};

/** `agent`: of its one run, if that got so far. */
export function task(id: string, state: TaskState["name"], changes: Partial<Task> & { worked?: boolean } = {}): Task {
  const { worked = state === "settled", ...rest } = changes;
  const runs = worked ? [{ number: 1, host: "h", startedAt: NOW, progress: { agent: "claude" } }] : [];
  return { spec: spec(id), state: states[state], epoch: 1, version: 1, crashes: [], runs, ...rest };
}

export function world(changes: Partial<World> = {}): World {
  const hosts = changes.hosts ?? [host("h1")];
  const offered = [...new Set(hosts.flatMap(({ agents }) => agents))];
  return { now: NOW, hosts, offered, breakers: [], before: [], inDoubt: [], ...changes };
}

export { spec };
