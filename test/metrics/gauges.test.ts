import { expect, test } from "vitest";
import { gaugesOf, scaleOf } from "../../src/metrics/gauges.ts";
import { loadRegistry } from "../../src/metrics/registry.ts";
import type { HostView } from "../../src/task/hosts.ts";
import type { Task, TaskState } from "../../src/task/task.ts";
import type { Around } from "../../src/views/around.ts";
import { LANE, makeSpec } from "../support/task-spec.ts";

const host = (changes: Partial<HostView>): HostView => ({
  id: "h1",
  place: "p1",
  name: "one",
  version: "0.1.0",
  pid: 1,
  slots: 2,
  sandbox: "bwrap",
  agents: ["a"],
  defaultAgent: "a",
  draining: false,
  startedAt: 0,
  lastBeat: 0,
  alive: true,
  ...changes,
});
const task = (commentId: number, state: TaskState, changes: Partial<Task> = {}): Task => ({
  spec: makeSpec({ commentId }),
  state,
  agent: "a",
  epoch: 1,
  version: 1,
  crashes: [],
  runs: [],
  ...changes,
});
const running = (on: string): TaskState => ({
  name: "running",
  phase: "working",
  host: on,
  claim: "c",
  job: "j",
  lane: LANE,
  since: 0,
  phaseSince: 0,
});
const pushed = { branch: "b", sha: "s", base: "main", files: 1, additions: 1, deletions: 0, commits: 1 };

const AROUND: Around = {
  now: 60_000,
  hosts: [
    host({}),
    host({ id: "h2", draining: true }),
    host({ id: "h3", lacksRoom: { freeBytes: 1, wantedBytes: 2 } }),
    host({ id: "h4", alive: false }),
    host({ id: "h5", slots: 1 }),
  ],
  tasks: [
    task(1, running("h5")),
    task(2, running("h1"), { pushed }),
    task(3, { name: "queued", since: 20_000, lane: LANE }),
    task(4, { name: "queued", since: 50_000, lane: LANE }),
    task(5, { name: "waiting", since: 0, reasons: [] }),
  ],
  paused: {},
};

test("an autoscaler hears how many slots would be of use, and of those that hosts would give", () => {
  expect(scaleOf(AROUND)).toEqual({
    wantedSlots: 3,
    waiting: 2,
    active: 1,
    slots: 3,
    idleSlots: 2,
    oldestWaitSeconds: 40,
    hosts: { alive: 4, draining: 1 },
  });
  expect(scaleOf({ ...AROUND, paused: { pause: { since: 1, by: "me" } } }).wantedSlots).toBe(1);
  expect(scaleOf({ now: 0, hosts: [] })).toMatchObject({ wantedSlots: 0, oldestWaitSeconds: 0 });
});

test("each host is in one state, and each state stands there", () => {
  const samples = gaugesOf({ around: AROUND, unreported: 1, inbox: 0, viewers: 0, github: [] });
  const workers = samples.filter(({ name }) => name === "cicd_worker_count");
  expect(workers.map(({ labels, value }) => [labels.state, value])).toEqual([
    ["available", 1],
    ["busy", 1],
    ["draining", 1],
    ["no_room", 1],
    ["cannot_work", 0],
    ["offline", 1],
  ]);
});

test("what is not known is not said to be nothing, and what is gone is not said again", async () => {
  const registry = await loadRegistry();
  const facts = { around: AROUND, unreported: 1, inbox: 0 };
  registry.take(
    gaugesOf({ ...facts, viewers: 0, github: [{ installationId: 1, rest: { remaining: 9 }, minute: 0, hour: 0 }] }),
  );
  expect(await registry.text()).toMatch(/^orch_github_rate_remaining 9$/m);
  registry.forgetGauges();
  registry.take(gaugesOf({ ...facts, around: { ...AROUND, tasks: [] }, viewers: 0, github: [] }));
  const text = await registry.text();
  expect(text).not.toMatch(/^orch_github_rate_remaining /m);
  expect(text).not.toContain('state="queued"');
});

test("agents that name ever new models fill no memory", async () => {
  const registry = await loadRegistry();
  for (let nth = 0; nth < 200; nth++) {
    registry.take([{ name: "orch_cost_usd_total", labels: { agent: "a", model: `m${nth}` }, value: 1 }]);
  }
  const lines = (await registry.text()).split("\n").filter((line) => line.startsWith("orch_cost_usd_total{"));
  expect(lines).toHaveLength(51);
  expect(lines.at(-1)).toBe('orch_cost_usd_total{agent="a",model="other"} 150');
});
