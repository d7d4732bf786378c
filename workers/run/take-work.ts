/**
 * What an agent's step came to: what it left uncommitted is committed, its commits are taken, and what stands in the way of
 * publishing them is found, so that the agent can be told of it as of a failing check.
 */
import { oneLine } from "../../src/text/bound.ts";
import { printedForms, withoutSecrets } from "../../src/text/known-secrets.ts";
import { secretsOf } from "../agents/secrets.ts";
import { CollectFailed } from "../publish/collect-failed.ts";
import { commitLeftovers, type LeftoversDone } from "../publish/commit-leftovers.ts";
import { objectionToMarks } from "../publish/conflict-marks.ts";
import { gate } from "../publish/gate.ts";
import type { Objection } from "../publish/objection.ts";
import { findUnfinished } from "../publish/unfinished.ts";
import { type Collected, quarantineOf } from "./collected.ts";
import { duringDeed } from "./deed.ts";
import { endLeftovers } from "./end-leftovers.ts";
import type { Ground } from "./ground.ts";
import { judgeScope } from "./node/scope-objection.ts";
import { changeLimitsOf, collectWork, workSubject } from "./publish-work.ts";
import type { Run, Shared } from "./run.ts";
import { confinementOf } from "./step/confinement.ts";

export type Taken = { collected: Collected; objections: readonly Objection[] };

/**
 * Done once, when the agent has ended, and never again: the check and later rounds can move the branch, and what is published is
 * what was judged. `told`: what the agent was told of before this step. `last`: it is told of nothing any more.
 * @throws CollectFailed when nothing can be taken and there is no round left
 */
export async function takeOnce(
  shared: Shared,
  run: Run,
  ground: Ground,
  { name, told, last }: { name: string; told: readonly Objection[]; last: boolean },
): Promise<Taken> {
  const { folder } = run;
  const step = folder.record.steps.find((record) => record.name === name);
  if (!step) throw new Error(`the run has no step ${name}`);
  if (step.collected) return { collected: step.collected, objections: step.objections ?? [] };
  const rest = await commitRest(shared, run, ground);
  const { collected, objections, outside } = await duringDeed(folder, "take the commits", () =>
    takeNow(shared, run, ground, { rest, told, last }),
  );
  const secrets = printedForms(secretsOf(ground.agent, shared.env));
  const printable = objections.map((each) => ({ ...each, reason: withoutSecrets(each.reason, secrets) }));
  step.collected = collected;
  if (outside && outside.length > 0) step.outside = [...outside];
  step.objections = printable;
  folder.save();
  return { collected, objections: printable };
}

/** What the agent left uncommitted may not be committable; its own commits stand. */
async function commitRest(shared: Shared, run: Run, ground: Ground): Promise<LeftoversDone> {
  const { workspace } = ground;
  const confinement = confinementOf(run, ground);
  const done = await duringDeed(run.folder, "take the commits", () =>
    commitLeftovers({ workspace, driver: shared.driver, confinement, subject: workSubject(run), signal: run.signal }),
  );
  await endLeftovers(run);
  if (done.kind === "failed") run.log.warn({ git: done.detail }, "what the agent left uncommitted cannot be committed");
  return done;
}

/** `outside`: of a node, files that are not in its scope. */
type TakenNow = Taken & { outside?: readonly string[] };
type Taking = { rest: LeftoversDone; told: readonly Objection[]; last: boolean };

async function takeNow(shared: Shared, run: Run, ground: Ground, { rest, told, last }: Taking): Promise<TakenNow> {
  const nothing = { tip: ground.prepared.baseSha, commits: 0 };
  let collected: Collected;
  try {
    collected = await collectWork(shared, run, ground);
  } catch (error) {
    if (!(error instanceof CollectFailed) || last) throw error;
    run.log.warn({ detail: error.detail }, "the agent's commits cannot be taken");
    return { collected: nothing, objections: [whatCannotBeTaken(error)] };
  }
  const stopped = await whatStopped(shared, run, ground, { rest, collected });
  if (stopped.length > 0) return { collected, objections: stopped };
  if (collected.commits === 0) return { collected, objections: [] };
  const { found, outside } = await objectionsTo(shared, run, ground, collected);
  const isLeft = ({ mayBeMeant }: Objection) => !mayBeMeant || (!last && !told.some((each) => each.mayBeMeant));
  return { collected, objections: found.filter(isLeft), outside };
}

async function whatStopped(
  { driver }: Shared,
  run: Run,
  ground: Ground,
  { rest, collected }: { rest: LeftoversDone; collected: Collected },
): Promise<Objection[]> {
  if (rest.kind === "failed") return [whatCannotBeCommitted(rest.detail)];
  if (rest.kind !== "unfinished" && collected.commits > 0) return [];
  const confinement = confinementOf(run, ground);
  const { stopped, elsewhere } = await findUnfinished({
    ...{ workspace: ground.workspace, driver, confinement },
    signal: run.signal,
  });
  await endLeftovers(run);
  if (rest.kind === "unfinished" && stopped.length === 0)
    return [whatCannotBeCommitted("an operation is not finished")];
  if (stopped.length > 0) return stopped;
  return elsewhere && collected.commits === 0 ? [elsewhere] : [];
}

type Judged = { found: Objection[]; outside?: readonly string[] };

/** The change as a whole, as it is judged again before it is published. */
async function objectionsTo(shared: Shared, run: Run, ground: Ground, { tip }: Collected): Promise<Judged> {
  const quarantine = quarantineOf(run, ground);
  const secrets = secretsOf(ground.agent, shared.env);
  const span = { quarantine, base: ground.prepared.baseSha, tip, secrets, limits: changeLimitsOf(shared) };
  const passed = await gate(span);
  if (!passed.ok) return { found: passed.objections };
  const marks = await objectionToMarks({ quarantine, before: passed.before, tip }, passed.changes);
  const found = marks ? [marks] : [];
  if (!run.task.spec.node) return { found };
  const { objection, outside } = await judgeScope(shared, run, passed.changes);
  return { found: objection ? [...found, objection] : found, outside };
}

function whatCannotBeCommitted(detail: string): Objection {
  return {
    reason: `The agent left changes that cannot be committed, so what is checked would not be what is published. git says: ${oneLine(detail, 300)}`,
    remedy: `You left changes that cannot be committed. Commit what belongs to the task, and remove the rest. git says: ${oneLine(detail, 300)}`,
  };
}

function whatCannotBeTaken({ message, detail }: CollectFailed): Objection {
  return {
    reason: message,
    remedy: `Your commits cannot be taken: the repository is damaged, or they hold more than fits (256 MB together). Repair it, or rewrite the commits without what is too large. git says: ${oneLine(detail, 300)}`,
  };
}
