/**
 * From the agent's commits to a branch on GitHub: objects are taken into the run's quarantine, checked, re-created as the
 * bot's and pushed, with a token that exists for this push only. Every deed can be repeated after a crash.
 */
import { setTimeout as delay } from "node:timers/promises";
import { spareBranchOf } from "../../src/task/branch.ts";
import type { TokenResponse } from "../../src/task/host-api.ts";
import type { Missing, Outcome, Stopped } from "../../src/task/outcome.ts";
import { subjectOf } from "../../src/task/subject.ts";
import { ownSummary } from "../../src/task/summary.ts";
import type { Pushed } from "../../src/task/task.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { title } from "../../src/text/quote.ts";
import { secretsOf } from "../agents/secrets.ts";
import { collect, countCommits } from "../publish/collect.ts";
import { gate } from "../publish/gate.ts";
import { reasonOf } from "../publish/objection.ts";
import { type PushResult, push } from "../publish/push.ts";
import type { Quarantine } from "../publish/quarantine.ts";
import { recreate } from "../publish/recreate.ts";
import type { ChangeLimits } from "../publish/rules.ts";
import { StillFailing } from "../still-failing.ts";
import { type Collected, quarantineOf } from "./collected.ts";
import type { Ground } from "./ground.ts";
import { tryAgainTelling } from "./held-up.ts";
import { askKnown } from "./known-commits.ts";
import { identityOf, type Run, type Shared } from "./run.ts";
import type { Prepared } from "./run-record.ts";
import { confinementOf } from "./step/confinement.ts";

/** The operator's limits of one change. */
export function changeLimitsOf({ operator: { limits } }: Pick<Shared, "operator">): ChangeLimits {
  const { changedFiles: files, changedLines: lines, changedFileMegabytes } = limits;
  return { files, lines, fileBytes: changedFileMegabytes * 1_000_000 };
}

/** The agent's commits as objects in the quarantine, and how many there are. */
export async function collectWork(shared: Shared, run: Run, ground: Ground): Promise<Collected> {
  const { workspace, prepared, mirror } = ground;
  const [quarantine, base] = [quarantineOf(run, ground), prepared.baseSha];
  const confinement = confinementOf(run, ground);
  const { signal } = run;
  const collected = await collect({ quarantine, workspace, driver: shared.driver, confinement, base, signal });
  const ends = { quarantine, base, tip: collected.tip };
  // What a node's agent may merge is the plan's, which GitHub does not have.
  if (mirror.borrows) return collected;
  try {
    const known = await askKnown(shared, run, ends, signal);
    return known.length === 0 ? collected : { ...collected, commits: await countCommits({ ...ends, known }) };
  } catch (error) {
    signal.throwIfAborted();
    run.log.warn(
      { err: error },
      "what GitHub has of the agent's merge is judged by the last fetch, until it is published",
    );
    return collected;
  }
}

/** What the work is called where the agent's commits do not say it: as the agent calls it, or by the request. */
export function workSubject({ task: { spec }, spoken, folder }: Pick<Run, "task" | "spoken" | "folder">): string {
  const { finish, ready } = folder.record;
  const given = ownSummary({ finish, summary: spoken.summary() ?? ready?.summary })?.title;
  return (given === undefined ? "" : title(given, 72)) || subjectOf(spec);
}

/**
 * After an outage of Redis the lock may come back to this host, and until then nothing may leave it; nor until the task's
 * record is known. Both may come back as long as the run may publish.
 */
export async function untilLeaseIsHeld(run: Run, signal: AbortSignal): Promise<void> {
  while (!run.lease.isHeld() || run.inDoubt) {
    await delay(250, undefined, { signal }).catch((cause: unknown) => {
      throw new StillFailing("Redis did not say that this run is still this worker host's.", { cause });
    });
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

/** `stopped`: by what its agent was, before it was done. `missing`: of a team's plan, what is not in it. */
export type ToPublish = Collected & { stopped?: Stopped | undefined; missing?: Missing[] | undefined };

/** Where the work is, and where it goes. `alsoOf`: what else our trailers say of a commit of it. */
export type Source = {
  quarantine: Quarantine;
  prepared: Pick<Prepared, "branch" | "base" | "baseSha">;
  secrets: readonly string[];
  alsoOf?: (sha: string) => readonly string[];
};

/** Of the run's own agent. */
export const sourceOf = ({ env }: Shared, run: Run, ground: Ground): Source => ({
  quarantine: quarantineOf(run, ground),
  prepared: ground.prepared,
  secrets: secretsOf(ground.agent, env),
});

export type Published = { kind: "pushed"; pushed: Pushed } | { kind: "refused"; outcome: Outcome };

/** `deadline`: for publishing, as a signal. Throws StillFailing when it has passed, with what went wrong last. */
export async function publishWork(
  shared: Shared,
  run: Run,
  { quarantine, prepared, secrets, alsoOf }: Source,
  { tip, stopped, missing, deadline }: ToPublish & { deadline: AbortSignal },
): Promise<Published> {
  const interrupted = AbortSignal.any([run.signal, deadline]);
  const ends = { quarantine, base: prepared.baseSha, tip };
  const known = await askKnown(shared, run, ends, interrupted);
  const span = { ...ends, known, secrets, limits: changeLimitsOf(shared) };
  const passed = await gate(span);
  if (!passed.ok) {
    // Trying again would come to the same: its agent has to mend it.
    run.folder.record.ready = undefined;
    return refused(reasonOf(passed.objections, 0));
  }

  const askForToken = () => shared.bot.token(identityOf(run), "push", interrupted);
  let grant = await askForToken();
  const { spec } = run.task;
  const { sha, commits } = await recreate({
    ...span,
    taskId: spec.id,
    epoch: run.folder.record.epoch,
    bot: grant.bot,
    ...(spec.actor && { requester: spec.actor }),
    subject: workSubject(run),
    ...(alsoOf && { alsoOf }),
  });
  if (commits === 0) return { kind: "refused", outcome: { kind: "no_changes", lastWords: run.spoken.lastLines() } };
  const about = { ...passed.stat, commits, ...(stopped && { stopped }), ...(missing && { missing }) };
  const over = AbortSignal.any([unlessCancelled(run), deadline]);
  // A push that failed may have been taken all the same: from the first one on it is seen to its end.
  return await tryAgainTelling(
    shared,
    run,
    async ({ fresh }) => {
      if (fresh) grant = await askForToken();
      return await sendWork(run, { quarantine, grant, prepared, sha, about, over });
    },
    { signal: over, log: run.log },
  );
}

type Sending = {
  quarantine: Quarantine;
  grant: TokenResponse;
  prepared: Source["prepared"];
  sha: string;
  about: Pick<Pushed, "files" | "additions" | "deletions" | "commits" | "stopped" | "missing">;
  over: AbortSignal;
};

/** To the branch that it is meant for, or else to one of its own. Safe to repeat. */
async function sendWork(run: Run, { prepared, grant, sha, about, ...sending }: Sending): Promise<Published> {
  const { spec } = run.task;
  const ontoPull = spec.target.kind === "pull";
  const send = (branch: string, expected: string) => sendTo(run, { ...sending, grant, sha, branch, expected });
  const aside = asideBecause(spec, grant, about);
  const result = aside ? undefined : await send(prepared.branch, ontoPull ? prepared.baseSha : "");
  if (result && result.kind !== "stale") {
    return result.kind === "refused"
      ? refused(result.reason)
      : { kind: "pushed", pushed: { branch: prepared.branch, sha, base: prepared.base, ...about } };
  }
  // The branch cannot be had: somebody pushed to it while the agent worked, or it is not to have this. Their
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
  const because = aside && { because: aside };
  return { kind: "pushed", pushed: { branch, sha, base, ...about, insteadOf: prepared.branch, ...because } };
}

/** Why somebody's pull request does not get the work on its own branch: it could be merged unseen, or it may be incomplete. */
function asideBecause(
  { target }: TaskSpec,
  { autoMerge }: Pick<TokenResponse, "autoMerge">,
  { stopped }: Pick<Pushed, "stopped">,
): Pushed["because"] {
  if (target.kind === "issue") return undefined;
  return autoMerge ? "auto_merge" : stopped && "stopped";
}

type Sent = Pick<Sending, "quarantine" | "grant" | "sha" | "over"> & { branch: string; expected: string };

/** While the run is this host's: a push that is cut off by the fence is repeated once it is so again. */
async function sendTo(run: Run, { quarantine, grant, sha, branch, expected, over }: Sent): Promise<PushResult> {
  const access = { cloneUrl: grant.cloneUrl, token: async () => grant.token };
  for (;;) {
    await untilLeaseIsHeld(run, over);
    const fence = run.lease.signal();
    const signal = AbortSignal.any([over, fence]);
    try {
      return await push({ quarantine, access, sha, branch, expected, taskId: run.task.spec.id, signal });
    } catch (error) {
      // Cut off in the middle by the fence: pushing the same commit again is harmless, and says what came of it.
      if (!fence.aborted || over.aborted) throw error;
    }
  }
}

const refused = (reason: string): Published => ({ kind: "refused", outcome: { kind: "refused", reason } });
