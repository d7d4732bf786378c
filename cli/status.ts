/** `orch status`: hosts, queue and open tasks, as Redis has them; and what of this machine's work Redis says nothing of. */
import { join } from "node:path";
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { dataDirOf } from "../src/data-dir.ts";
import { type HostView, readHosts } from "../src/task/heartbeat.ts";
import { findTasksInDoubt, sayInDoubt } from "../src/task/in-doubt.ts";
import { type Load, makeTaskQueue } from "../src/task/queue.ts";
import { makeTaskStore, type TaskStore } from "../src/task/store.ts";
import type { Task, TaskState } from "../src/task/task.ts";
import { oneLine } from "../src/text/bound.ts";
import { findKeptRuns, type KeptRun } from "../workers/run/kept-runs.ts";
import { hostIdOf } from "./host-id.ts";
import { withRedis } from "./with-redis.ts";

/** Exit code 0; 1 when no host is alive although tasks wait. */
export async function status(env: Env, json: boolean): Promise<number> {
  const { hosts, depth, tasks, inDoubt, kept, now } = await withRedis(env, "status", (redis) => look(redis, env));
  if (json)
    process.stdout.write(
      `${JSON.stringify({ hosts, queue: depth, tasks, inDoubt: Object.fromEntries(inDoubt), kept })}\n`,
    );
  else {
    const lines = [
      `Hosts (${hosts.length})`,
      ...hosts.map((host) => `  ${describeHost(host, now)}`),
      `Queue: ${describeLoad(depth)}`,
      ...Object.entries(depth.lanes)
        .filter(([, load]) => load.waiting + load.active > 0)
        .map(([name, load]) => `  ${name}  ${describeLoad(load)}`),
      `Open tasks (${tasks.length})`,
      ...tasks.map((task) => `  ${describe(task, now)}`),
      ...sayInDoubt(inDoubt).map(({ what, remedy }) => `${what}\n  ${remedy}`),
      ...[...inDoubt].map(([task, doubt]) => `  ${task}  ${doubt}`),
      ...(kept.length > 0 ? [`Work on this machine that no record tells of (${kept.length})`] : []),
      ...kept.map(describeKept),
    ];
    process.stdout.write(`${lines.join("\n")}\n`);
  }
  return tasks.length > 0 && !hosts.some((host) => host.alive) ? 1 : 0;
}

async function look(redis: Redis, env: Env) {
  const now = Date.now();
  const dataDir = dataDirOf(env);
  const store = makeTaskStore(redis);
  const [hosts, tasks, depth, kept] = await Promise.all([
    readHosts(redis, now),
    store.openIds().then((ids) => store.readMany(ids)),
    makeTaskQueue(redis).depth(),
    keptHere(store, dataDir),
  ]);
  return { hosts, tasks, depth, inDoubt: await findTasksInDoubt(store, hosts), kept, now };
}

/** Only the user of this machine's worker host can read its folders; the rest is for everybody. */
async function keptHere(store: TaskStore, dataDir: string): Promise<KeptRun[]> {
  try {
    return await findKeptRuns(store, dataDir, hostIdOf(join(dataDir, "host")) ?? "");
  } catch {
    return [];
  }
}

function describeHost(host: HostView, now: number): string {
  const beat = host.alive ? "alive" : `silent for ${seconds(now - host.lastBeat)}`;
  const draining = host.draining ? ["draining"] : [];
  const notes = [`${host.slots} slots`, `sandbox ${host.sandbox}`, host.agents.join(", "), ...draining];
  return `${host.id}  ${host.name}  ${beat}  ${notes.join(" · ")}`;
}

const describeLoad = ({ waiting, active }: Load) => `${waiting} waiting, ${active} in hosts' hands`;

function describeKept({ task, record, workspace, folder }: KeptRun): string {
  return `  ${task}  record ${record}  ${workspace}/tree and ${folder}`;
}

/** One line: id, place, state, and the beginning of what was asked. A commenter's words are shown, not obeyed. */
export function describe({ spec, state, cancel }: Task, now: number): string {
  const where = `${spec.repository.owner}/${spec.repository.name}#${spec.number}`;
  return `${spec.id}  ${where}  ${stateLine(state, now)}${cancel && state.name !== "settled" ? ", being cancelled" : ""}  ${oneLine(spec.instruction, 60)}`;
}

function stateLine(state: TaskState, now: number): string {
  switch (state.name) {
    case "waiting":
      return `waits for ${state.reasons.map((reason) => reason.for).join(" and ")}, for ${seconds(now - state.since)}`;
    case "queued":
      return `queued for ${seconds(now - state.since)}`;
    case "running":
      return `${state.phase} on ${state.host} for ${seconds(now - state.since)}`;
    case "settled":
      return `settled: ${state.outcome.kind}`;
  }
}

function seconds(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
