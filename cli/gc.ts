/**
 * `orch gc`: removes what runs of before have left on this machine, and looks afterwards whether it is gone. Only what a record says is over may go.
 * It may be run beside a worker host that is at work: what only that one can know, is left to it.
 */
import { join } from "node:path";
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { dataDirOf } from "../src/data-dir.ts";
import { makeTaskStore } from "../src/task/store.ts";
import { bare } from "../src/text/quote.ts";
import { type Collected, collect } from "../workers/gc/collect.ts";
import { findFiles } from "../workers/gc/find-files.ts";
import { findGroups } from "../workers/gc/find-groups.ts";
import { findKept } from "../workers/gc/find-kept.ts";
import { findProcesses, findSessions } from "../workers/gc/find-sessions.ts";
import { type GcGround, LEFTOVER_KINDS, type LeftoverKind } from "../workers/gc/leftover.ts";
import { readRecords } from "../workers/gc/records.ts";
import { type HeldLock, holdLock } from "../workers/host-lock.ts";
import { readOperatorFile } from "../workers/operator-file.ts";
import { findKeys } from "./gc/find-keys.ts";
import { isCopy, ownHost } from "./gc/own-host.ts";
import { noteDeed } from "./note-deed.ts";
import { refuse } from "./refuse.ts";
import { withRedis } from "./with-redis.ts";

export type GcOptions = { dryRun?: boolean; force?: boolean; json?: boolean };

export type GcResult = { host: string; dryRun: boolean; beside: boolean; leftovers: Collected[] };

/** Exit code 0 when nothing is left that may go; 1 where this machine has no worker host, or something does not go. Throws NotAllowed. */
export async function gc(env: Env, options: GcOptions): Promise<number> {
  const host = ownHost(dataDirOf(env));
  if (host === undefined)
    return refuse(`No worker host has ever run with ${dataDirOf(env)}: nothing is removed without its id.`, options);
  return await withRedis(env, "gc", async (redis) => {
    const result = await collectHere(redis, env, host, options);
    if ("refused" in result) return refuse(result.refused, options);
    if (!options.dryRun) await noteDeed(redis, env, { verb: "gc", done: true, host });
    process.stdout.write(options.json ? `${JSON.stringify(result)}\n` : `${gcLines(result).join("\n")}\n`);
    return result.leftovers.some(({ fate }) => fate === "failed") ? 1 : 0;
  });
}

/** Of the host with this id, whose data folder is this machine's. */
export async function collectHere(
  redis: Redis,
  env: Env,
  hostId: string,
  { dryRun = false, force = false }: GcOptions,
): Promise<GcResult | { refused: string }> {
  const dataDir = dataDirOf(env);
  if (await isCopy(redis, hostId, dataDir))
    return { refused: `${dataDir} is a copy of the data folder of ${hostId}, which is at work elsewhere.` };
  const { operator, locks } = { operator: readOperatorFile(env.ORCH_CONFIG), locks: await takeLocks(dataDir) };
  if (!locks) return { refused: "Another `orch gc` is at it." };
  const store = makeTaskStore(redis);
  const records = readRecords(store, dataDir);
  const { beside } = locks;
  const ground: GcGround = { dataDir, hostId, store, operator, records, beside, force };
  const sessions = await findSessions(ground);
  try {
    const found = [
      ...sessions.leftovers,
      ...findProcesses(ground),
      ...findGroups(ground),
      ...(await findKept(ground)),
      ...(await findFiles(ground)),
      ...(await findKeys(redis, store)),
    ];
    return { host: hostId, dryRun, beside, leftovers: await collect(found, { dryRun }) };
  } finally {
    await sessions.close();
    for (const lock of locks.held) await lock.release();
  }
}

/** The host's own, so that none starts meanwhile; one that holds it is at work. Undefined while another gc is at it. */
async function takeLocks(dataDir: string): Promise<{ held: HeldLock[]; beside: boolean } | undefined> {
  const own = await lockIfFree(join(dataDir, "host", "gc-lock"));
  if (!own) return undefined;
  const host = await lockIfFree(join(dataDir, "host", "lock"));
  return { held: host ? [host, own] : [own], beside: host === undefined };
}

const TAKEN = "taken";

async function lockIfFree(path: string): Promise<HeldLock | undefined> {
  try {
    return await holdLock(path, TAKEN);
  } catch (error) {
    if (error instanceof Error && error.message === TAKEN) return undefined;
    throw error;
  }
}

const NAMES: Record<LeftoverKind, [one: string, many: string]> = {
  session: ["tmux session of a task that is over", "tmux sessions of tasks that are over"],
  process: ["task that is over and whose processes still ran", "tasks that are over and whose processes still ran"],
  group: ["control group of a step that is over", "control groups of steps that are over"],
  run: ["old run with its workspace", "old runs with their workspaces"],
  checkpoint: ["checkpoint past its time", "checkpoints past their time"],
  kept_session: ["agent's session past its time", "agents' sessions past their time"],
  setup: ["result of a setup command past its time", "results of setup commands past their time"],
  plan: ["plan that is over", "plans that are over"],
  mirror: ["torn file in a mirror", "torn files in mirrors"],
  folder: ["folder that no run uses", "folders that no run uses"],
  socket: ["tmux socket of a former host", "tmux sockets of former hosts"],
  beat: ["heartbeat of a run that is over", "heartbeats of runs that are over"],
  host: ["host that has been silent for a month", "hosts that have been silent for a month"],
  offer: ["offer of a task that is over", "offers of tasks that are over"],
  output: ["entry of an output that is not kept any more", "entries of outputs that are not kept any more"],
};

/** For a person. */
export function gcLines({ dryRun, beside, leftovers }: GcResult): string[] {
  const of = (fate: Collected["fate"]) => leftovers.filter((each) => each.fate === fate);
  const done = of(dryRun ? "found" : "removed");
  const counted = LEFTOVER_KINDS.flatMap((kind) => {
    const number = done.filter((each) => each.kind === kind).length;
    return number === 0 ? [] : [`  ${number} ${NAMES[kind][number === 1 ? 0 : 1]}`];
  });
  const title = dryRun ? "Would be removed:" : "Removed, and gone:";
  return [
    ...(counted.length > 0 ? [title, ...counted] : ["Nothing is left over."]),
    ...section("Kept, for no record says that it may go:", of("kept")),
    ...section("Could not be removed; look at it by hand:", of("failed")),
    ...(beside ? ["A worker host is at work here: what only it can know to be nobody's, it clears up itself."] : []),
  ];
}

const section = (title: string, all: readonly Collected[]): string[] =>
  all.length === 0
    ? []
    : [title, ...all.map(({ kind, name, error }) => `  ${kind} ${name}${error ? `: ${bare(error, 300)}` : ""}`)];
