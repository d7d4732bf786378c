/**
 * From the agent's commits to a branch on GitHub: objects are taken into the run's quarantine, checked, re-created as the
 * bot's and pushed, with a token that exists for this push only. Every deed can be repeated after a crash.
 */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { spareBranchOf } from "../../src/task/branch.ts";
import { subjectOf } from "../../src/task/subject.ts";
import { readSummary } from "../../src/task/summary.ts";
import type { Outcome, Pushed } from "../../src/task/task.ts";
import { title } from "../../src/text/quote.ts";
import { secretsOf } from "../agents/secrets.ts";
import { collect } from "../publish/collect.ts";
import { gate } from "../publish/gate.ts";
import { type PushResult, push } from "../publish/push.ts";
import { openQuarantine } from "../publish/quarantine.ts";
import { recreate } from "../publish/recreate.ts";
import type { Ground } from "./ground.ts";
import { identityOf, type Run, type Shared } from "./run.ts";
import { confinementOf } from "./step/confinement.ts";

export type Collected = { tip: string; commits: number };

/** In the run's folder, which only the host can read and which goes when the run does. */
export const collectedDir = (run: Run): string => join(run.folder.dir, "collected.git");

const quarantineOf = (run: Run, { mirror, prepared }: Ground) =>
  openQuarantine(collectedDir(run), mirror, prepared.baseSha);

/** The agent's commits as objects in the quarantine, and how many there are. */
export async function collectWork(shared: Shared, run: Run, ground: Ground): Promise<Collected> {
  const { workspace, prepared } = ground;
  return collect({
    quarantine: quarantineOf(run, ground),
    workspace,
    driver: shared.driver,
    confinement: confinementOf(run, ground),
    base: prepared.baseSha,
    signal: run.signal,
  });
}

/** What the work is called where the agent's commits do not say it: as the agent calls it at its end, or by the request. */
export function workSubject({ task: { spec }, spoken, folder }: Pick<Run, "task" | "spoken" | "folder">): string {
  const given = readSummary(spoken.summary() ?? folder.record.ready?.summary ?? "").title;
  return (given === undefined ? "" : title(given, 72)) || subjectOf(spec);
}

/** After an outage of Redis the lock may come back to this host; until then nothing may leave it. */
const LEASE_WAIT_MS = 5 * 60_000;

/** And until the task's record is known: what is in doubt may come back as long as the run may publish. */
async function untilLeaseIsHeld(run: Run, signal: AbortSignal): Promise<void> {
  const giveUpAt = performance.now() + LEASE_WAIT_MS;
  while (!run.lease.isHeld() || run.inDoubt) {
    if (!run.inDoubt && performance.now() > giveUpAt)
      throw new Error("The lease on this run could not be renewed in time, so nothing was pushed");
    await delay(250, undefined, { signal });
  }
  signal.throwIfAborted();
}

/**
 * Every interruption but a wish to cancel and a full disk: GitHub may have taken a push that is cut off, and the person would
 * hear that nothing was published. Once begun it is seen to its end, and the pull request says what became of it.
 */
function unlessCancelled(run: Run): AbortSignal {
  const controller = new AbortController();
  run.interrupted.then((interruption) => {
    if (interruption.kind !== "cancel" && interruption.kind !== "disk") controller.abort(interruption);
  });
  return controller.signal;
}

export type Published = { kind: "pushed"; pushed: Pushed } | { kind: "refused"; outcome: Outcome };

/** `deadline`: for publishing, as a signal. */
export async function publishWork(
  shared: Shared,
  run: Run,
  ground: Ground,
  { tip, deadline }: Collected & { deadline: AbortSignal },
): Promise<Published> {
  const { prepared } = ground;
  const interrupted = AbortSignal.any([run.signal, deadline]);
  const { spec } = run.task;
  const quarantine = quarantineOf(run, ground);
  const span = { quarantine, base: prepared.baseSha, tip, secrets: secretsOf(ground.agent, shared.env) };
  const passed = await gate(span);
  if (!passed.ok) return refused(passed.reason);

  const grant = await shared.bot.token(identityOf(run), "push", interrupted);
  const { sha, commits } = await recreate({
    ...span,
    taskId: spec.id,
    epoch: run.folder.record.epoch,
    bot: grant.bot,
    ...(spec.actor && { requester: spec.actor }),
    subject: workSubject(run),
  });
  const ontoPull = spec.target.kind === "pull";
  const access = { cloneUrl: grant.cloneUrl, token: async () => grant.token };
  const send = async (branch: string, expected: string): Promise<PushResult> => {
    for (;;) {
      await untilLeaseIsHeld(run, interrupted);
      const fence = run.lease.signal();
      const over = AbortSignal.any([unlessCancelled(run), deadline]);
      const signal = AbortSignal.any([over, fence]);
      try {
        return await push({ quarantine, access, sha, branch, expected, taskId: spec.id, signal });
      } catch (error) {
        // Cut off in the middle by the fence: pushing the same commit again is harmless, and says what came of it.
        if (!fence.aborted || over.aborted) throw error;
      }
    }
  };
  const stat = { ...passed.stat, commits };
  const result = grant.autoMerge ? undefined : await send(prepared.branch, ontoPull ? prepared.baseSha : "");
  if (result && result.kind !== "stale") {
    return result.kind === "refused"
      ? refused(result.reason)
      : { kind: "pushed", pushed: { branch: prepared.branch, sha, base: prepared.base, ...stat } };
  }
  // The branch cannot be had: somebody pushed to it while the agent worked, or whatever it gets may be merged by itself. Their
  // commits are never overwritten and the agent's are not thrown away: they go to a branch of their own, as a pull request
  // onto the branch that was meant.
  const branch = spareBranchOf(spec);
  const spare = await send(branch, "");
  if (spare.kind === "refused") return refused(spare.reason);
  if (spare.kind === "stale")
    return refused(
      `Neither \`${prepared.branch}\` nor \`${branch}\` could be pushed: both have commits that are not Orch's.`,
    );
  const base = ontoPull ? prepared.branch : prepared.base;
  const because = grant.autoMerge && { because: "auto_merge" as const };
  return { kind: "pushed", pushed: { branch, sha, base, ...stat, insteadOf: prepared.branch, ...because } };
}

const refused = (reason: string): Published => ({ kind: "refused", outcome: { kind: "refused", reason } });
