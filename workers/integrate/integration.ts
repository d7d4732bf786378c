/**
 * Takes the work of nodes into their plan, one try at a time: what waits together is merged together and checked once, and where that
 * check fails, the first one with which it does is found by halves. The others are merged, or wait for the next try. Whoever comes
 * first leads: the checks are its run's. When it is interrupted, the next one leads.
 *
 * The integration branch moves once in a try, after the check, and says itself what is merged then: a host that dies at any point
 * leaves each node either merged or not.
 */
import { setImmediate } from "node:timers/promises";
import type { Verification } from "../../src/task/progress.ts";
import type { Missed } from "../run/step/deadlines.ts";
import { type Candidate, type Delivery, type Placed, placeOnto } from "./merge-nodes.ts";
import { moveTip, type PlanRepository, readIntegrated, tipOf } from "./plan-repository.ts";
import { packUp, type Trial, withTrial } from "./trial.ts";

/** What the check of a merged tree came to. `passed` without a verification: there is nothing to check with. */
export type MergeCheck =
  | { kind: "passed"; verification?: Verification | undefined }
  | { kind: "failed"; verification: Verification }
  | { kind: "missed"; missed: Missed };

export type Entry = {
  delivery: Delivery;
  /** What its own check has said of its work alone. */
  verification?: Verification | undefined;
  /** `objects`: a repository that has the commit, besides the plan's. Asked of the one that leads. */
  check(commit: string, objects: string): Promise<MergeCheck>;
  /** Keeps what was said of the commit to which the branch is about to move from `from`; none: as of that. Asked of the one that leads. */
  note(commit: string, from: string, verification: Verification | undefined): void;
  /** Resolves once its run may change something outside itself. */
  mayMove(): Promise<void>;
  /** Aborted when it is not to be merged any more. */
  signal: AbortSignal;
};

/** `tip`: what it was merged with. */
export type Answer =
  | { kind: "merged"; sha: string; parent: string; verification?: Verification | undefined }
  | { kind: "conflict"; tip: string; paths: string[]; how: string[] }
  | { kind: "failed"; tip: string; verification: Verification }
  | { kind: "missed"; missed: Missed };

export type Place = { dataDir: string; plan: PlanRepository };
type Waiting = { entry: Entry; answer: Answer | undefined; answered: PromiseWithResolvers<void> };
/** `waiting`: in the order in which they came. `last`: resolves when nobody has the turn any more. */
type Line = { waiting: Waiting[]; last: Promise<unknown> };

/** By the plan's repository. */
const lines = new Map<string, Line>();

/** @throws the reason of the entry's signal, and what its run's own check throws */
export async function integrate(place: Place, entry: Entry): Promise<Answer> {
  const line = lines.get(place.plan.dir) ?? { waiting: [], last: Promise.resolve() };
  lines.set(place.plan.dir, line);
  const me: Waiting = { entry, answer: undefined, answered: Promise.withResolvers() };
  line.waiting.push(me);
  const { promise: over, resolve: giveTurnOn } = Promise.withResolvers<void>();
  const before = line.last;
  line.last = Promise.all([before, over]);
  try {
    await Promise.race([before, me.answered.promise, aborted(entry.signal)]);
    while (!me.answer) {
      entry.signal.throwIfAborted();
      await lead(place, line, me);
    }
    return me.answer;
  } finally {
    line.waiting.splice(line.waiting.indexOf(me), 1);
    giveTurnOn();
    if (line.waiting.length === 0) lines.delete(place.plan.dir);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

function answer(waiting: Waiting, given: Answer): void {
  waiting.answer = given;
  waiting.answered.resolve();
}

/** One of the merges that are tried, each on top of the one before. */
type Link = { waiting: Waiting; candidate: Candidate };

/** One try. Its own is answered, unless one that was merged along has gone meanwhile: then there is to be another try. */
async function lead({ dataDir, plan }: Place, line: Line, me: Waiting): Promise<void> {
  // Whatever comes in the same moment is merged along.
  await setImmediate();
  const from = tipOf(plan);
  await answerMerged(plan, from, line);
  const others = line.waiting.filter((each) => each !== me && !each.answer && !each.entry.signal.aborted);
  if (me.answer) return;
  const batch = [me, ...others];
  const objects = batch.map(({ entry }) => entry.delivery.objects);
  await withTrial({ dataDir, plan, objects }, async (trial) => {
    const chain = await chainOf(trial, plan, { from, batch });
    const { good, verification, culprit } = await judgeChain(trial, me.entry, { from, chain });
    const accepted = chain.slice(0, good);
    if (accepted.some(({ waiting }) => waiting.entry.signal.aborted)) return;
    const to = accepted.at(-1)?.candidate.sha;
    if (to !== undefined) {
      await me.entry.mayMove();
      me.entry.note(to, from, verification);
      if (!(await moveTip(plan, { from, to, pack: await packUp(trial, { from, to }) }))) return;
    }
    for (const { waiting, candidate } of accepted)
      answer(waiting, { kind: "merged", sha: candidate.sha, parent: candidate.onto, verification });
    if (culprit) answer(culprit.waiting, culprit.answer);
  });
}

/** Those that an earlier life of this host has merged, and did not come to say so. */
async function answerMerged(plan: PlanRepository, from: string, { waiting }: Line): Promise<void> {
  const merged = await readIntegrated(plan, from);
  for (const each of waiting) {
    const found = merged.find(({ node }) => node === each.entry.delivery.node);
    if (found && !each.answer) answer(each, { kind: "merged", sha: found.sha, parent: found.parent });
  }
}

/** Answers those whose work does not fit the branch. One that does not fit another one's, which is not merged yet, waits. */
async function chainOf(
  trial: Trial,
  plan: PlanRepository,
  { from, batch }: { from: string; batch: readonly Waiting[] },
): Promise<Link[]> {
  const chain: Link[] = [];
  let onto = from;
  for (const waiting of batch) {
    const placed = await tryToPlace(trial, plan, onto, { waiting, isLeader: waiting === batch[0] });
    if (placed?.kind === "placed") {
      chain.push({ waiting, candidate: placed.candidate });
      onto = placed.candidate.sha;
    } else if (placed && onto === from) {
      answer(waiting, { ...placed, tip: from });
    }
  }
  return chain;
}

/** Undefined where another one's work cannot even be tried: it hears that when it leads itself. */
async function tryToPlace(
  trial: Trial,
  plan: PlanRepository,
  onto: string,
  { waiting, isLeader }: { waiting: Waiting; isLeader: boolean },
): Promise<Placed | undefined> {
  try {
    return await placeOnto(trial, plan, onto, waiting.entry.delivery);
  } catch (error) {
    if (isLeader) throw error;
    return undefined;
  }
}

/** `good`: how many of them may be merged. `culprit`: the first with which the check fails. */
type Judged = {
  good: number;
  verification?: Verification | undefined;
  culprit?: { waiting: Waiting; answer: Answer };
};

/** All of them first, then by halves. */
async function judgeChain(
  trial: Trial,
  leader: Entry,
  { from, chain }: { from: string; chain: readonly Link[] },
): Promise<Judged> {
  let [good, bad, at] = [0, chain.length + 1, chain.length];
  let [verification, failure]: [Verification | undefined, Answer | undefined] = [undefined, undefined];
  while (good < bad - 1) {
    const { waiting, candidate } = chain[at - 1] as Link;
    const known = at === 1 ? candidate.known : undefined;
    const checked = known ? knownCheck(known, waiting) : await checkAt(trial, leader, { from, candidate });
    if (checked.kind === "passed") {
      good = at;
      verification = checked.verification;
    } else {
      bad = at;
      failure = checked.kind === "missed" ? checked : { ...checked, tip: candidate.onto };
    }
    at = Math.floor((good + bad) / 2);
  }
  const link = chain[bad - 1];
  return { good, verification, ...(link && failure && { culprit: { waiting: link.waiting, answer: failure } }) };
}

/** Of a tree that has been checked: its own, or the branch's. */
const knownCheck = (known: NonNullable<Candidate["known"]>, { entry }: Waiting): MergeCheck =>
  known === "its own" ? { kind: "passed", verification: entry.verification } : { kind: "passed" };

async function checkAt(
  trial: Trial,
  leader: Entry,
  { from, candidate }: { from: string; candidate: Candidate },
): Promise<MergeCheck> {
  await packUp(trial, { from, to: candidate.sha });
  return await leader.check(candidate.sha, trial.dir);
}
