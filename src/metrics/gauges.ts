/** How things stand, as numbers. Pure. */

import type { InstallationBudget } from "../task/github-budget.ts";
import { takingWork } from "../task/hosts.ts";
import type { Around } from "../views/around.ts";
import { type HostWithRuns, hosts } from "../views/hosts.ts";
import type { Sample } from "./names.ts";

export type Facts = {
  around: Around;
  unreported: number;
  inbox: number;
  github: readonly InstallationBudget[];
  viewers: number;
};

/** Every state that there is stands there, also with nothing in it: so an alert can wait for a change. */
export function gaugesOf({ around, unreported, inbox, github, viewers }: Facts): Sample[] {
  const scale = scaleOf(around);
  const left = github.flatMap(({ rest }) => rest.remaining ?? []);
  return [
    ...activeTasks(around),
    ...workers(around),
    { name: "orch_queue_depth", labels: {}, value: scale.waiting },
    { name: "orch_queue_oldest_wait_seconds", labels: {}, value: scale.oldestWaitSeconds },
    { name: "orch_unreported", labels: {}, value: unreported },
    { name: "orch_inbox", labels: {}, value: inbox },
    { name: "orch_terminal_viewers", labels: {}, value: viewers },
    ...(left.length > 0 ? [{ name: "orch_github_rate_remaining" as const, labels: {}, value: Math.min(...left) }] : []),
  ];
}

function activeTasks({ tasks = [] }: Around): Sample[] {
  const counts = new Map<string, number>();
  for (const { state, agent = "" } of tasks) {
    const name = JSON.stringify({ state: state.name, agent });
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, value]) => ({ name: "cicd_pipeline_run_active", labels: JSON.parse(name), value }));
}

const HOST_STATES = ["available", "busy", "draining", "no_room", "cannot_work", "offline"] as const;

function workers(around: Around): Sample[] {
  const states = hosts(around).map(stateOf);
  return HOST_STATES.map((state) => ({
    name: "cicd_worker_count",
    labels: { state },
    value: states.filter((each) => each === state).length,
  }));
}

function stateOf({
  alive,
  draining,
  lacksRoom,
  strained,
  cannotWork,
  busy,
  slots,
}: HostWithRuns): (typeof HOST_STATES)[number] {
  if (!alive) return "offline";
  if (draining) return "draining";
  if (lacksRoom || strained) return "no_room";
  if (cannotWork) return "cannot_work";
  return busy < slots ? "available" : "busy";
}

/** For whoever adds worker hosts and takes them away. */
export type Scale = {
  /** Slots that would be of use now. */
  wantedSlots: number;
  /** Tasks that could start, had a host a slot for them. */
  waiting: number;
  active: number;
  /** Of hosts that take work. */
  slots: number;
  idleSlots: number;
  oldestWaitSeconds: number;
  hosts: { alive: number; draining: number };
};

/** While all is paused nothing that waits is a reason for more hosts. */
export function scaleOf(around: Around): Scale {
  const { now, tasks = [], paused } = around;
  const since = tasks.flatMap(({ state }) => (state.name === "queued" ? [state.since] : []));
  const active = tasks.filter(({ state, pushed }) => state.name === "running" && !pushed).length;
  const all = hosts(around);
  const open = takingWork(all) as HostWithRuns[];
  const sum = (of: (host: HostWithRuns) => number) => open.reduce((total, host) => total + of(host), 0);
  return {
    wantedSlots: active + (paused?.pause ? 0 : since.length),
    waiting: since.length,
    active,
    slots: sum(({ slots }) => slots),
    idleSlots: sum(({ slots, busy }) => Math.max(0, slots - busy)),
    oldestWaitSeconds: since.length === 0 ? 0 : Math.max(0, Math.round((now - Math.min(...since)) / 1_000)),
    hosts: {
      alive: all.filter(({ alive }) => alive).length,
      draining: all.filter((each) => each.alive && each.draining).length,
    },
  };
}
