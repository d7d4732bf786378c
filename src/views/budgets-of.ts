/** The envelopes that limit a conversation and its tasks, as they stand. Nothing is asked of the ledger where nothing is limited. */
import type { Redis } from "ioredis";
import { type Envelope, type EnvelopeKind, envelopesOf, narrowestCaps } from "../task/envelope.ts";
import type { HostView } from "../task/hosts.ts";
import { readBalances } from "../task/ledger.ts";
import type { Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { type EnvelopeView, envelopeView, isLimited } from "./budget.ts";

/** Who would ask for what in which conversation. */
export type Conversing = Pick<TaskSpec, "repository" | "conversation" | "actor" | "caps">;

/** So many of its tasks, the newest. */
const MAX_TASKS = 10;

/** `kinds`: those that are asked for. Of tasks only those that are not over. */
export async function envelopesFor(
  redis: Redis,
  { hosts, now }: { hosts: readonly HostView[]; now: number },
  asking: Conversing,
  tasks: readonly Task[],
  kinds: readonly EnvelopeKind[],
): Promise<EnvelopeView[]> {
  const caps = narrowestCaps(hosts.filter(({ alive }) => alive).map(({ budget }) => budget));
  const open = tasks.filter(({ state }) => state.name !== "settled").slice(-MAX_TASKS);
  const shared = envelopesOf({ ...asking, id: "" }, caps, now)?.filter(({ of }) => of !== "task") ?? [];
  const own = open.flatMap(
    ({ spec }) => envelopesOf(spec, caps, now)?.filter(({ of }) => of === "task" || of === "plan") ?? [],
  );
  const wanted: Envelope[] = [...own, ...shared].filter((each) => kinds.includes(each.of) && isLimited(each));
  return wanted.length === 0 ? [] : (await readBalances(redis, wanted)).map(envelopeView);
}
