/**
 * What a run may use: set aside in its envelopes before anything of it costs anything, booked when its agent has done its last. Where
 * nothing is limited nobody is asked. The run's folder remembers both, so that the host's next life does neither twice.
 */
import { setTimeout as delay } from "node:timers/promises";
import { type Caps, envelopesOf, narrower, type Short, wantOf } from "../../src/task/envelope.ts";
import { knownUse, NOTHING } from "../../src/task/known-use.ts";
import { type Asking, book, reserve } from "../../src/task/ledger.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { RunBudget } from "../../src/task/progress.ts";
import type { Task } from "../../src/task/task.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { type Amounts, amountsWords } from "../../src/text/budget.ts";
import type { AgentDefinition, Price } from "../agents/adapter.ts";
import type { UsageTotals } from "../agents/usage.ts";
import { NotCurrent } from "../bot-client.ts";
import type { Limits } from "../operator-limits.ts";
import { budgetOfRole, limitsOf } from "./role.ts";
import { type Run, type Shared, throwIfInterrupted } from "./run.ts";
import type { RunRecord } from "./run-record.ts";
import type { StepRecord } from "./step/step-record.ts";

const RETRY_MS = 200;
const LONGEST_RETRY_MS = 5_000;

/** As the bots are told: an agent is stopped after its time anyway, so no run sets more aside. */
export function capsOf({ budget, limits }: { budget?: Caps | undefined; limits: Limits }): Caps | undefined {
  return budget && { ...budget, run: narrower(budget.run, { ms: limits.totalMinutes * 60_000 }) };
}

/** Undefined where nothing is limited. */
export function askingOf(
  { operator }: Pick<Shared, "operator">,
  spec: TaskSpec,
  { epoch, task, at }: { epoch: number; task: Task | undefined; at: number },
): Asking | undefined {
  const caps = capsOf({ budget: budgetOfRole(operator, spec), limits: limitsOf(operator, spec) });
  const envelopes = envelopesOf(spec, caps, at);
  if (!envelopes) return undefined;
  const want = wantOf(spec, caps, envelopes);
  return { task: spec.id, epoch, envelopes, want, lost: task && knownUse(task), at };
}

/** The outcome where the run cannot have what it needs. Waits for a Redis that is away: nothing starts without. */
export async function setAside(shared: Shared, run: Run): Promise<Outcome | undefined> {
  const { record } = run.folder;
  const { spec } = run.task;
  if (record.budget?.epoch === record.epoch || !askingOf(shared, spec, { ...record, task: undefined, at: 0 }))
    return undefined;
  const made = await untilAnswered(run, async () => {
    const task = await shared.store.read(spec.id);
    const asking = askingOf(shared, spec, { epoch: record.epoch, task, at: Date.now() });
    return asking && { asking, reserved: await reserve(shared.redis, asking) };
  });
  if (!made) return undefined;
  const { asking, reserved } = made;
  if (reserved.kind === "over") throw new NotCurrent("the run is booked already, or a later one has begun");
  if (reserved.kind === "short") return tooLittle(reserved.short);
  const { amounts, tight } = reserved.reserve;
  const own = wantOf(spec, budgetOfRole(shared.operator, spec), asking.envelopes);
  const task = asking.envelopes.find(({ of }) => of === "task")?.limit;
  record.budget = { epoch: record.epoch, reserved: onlyLimited(amounts, own), tight, ...(task && { task }) };
  run.folder.save();
  run.log.info({ reserved: amounts, tight }, "what the run may use is set aside");
  return undefined;
}

/** Another run has taken what there was when this one was handed out, or the run of a lost host has used it up. */
function tooLittle({ of }: Short): Outcome {
  const message = `Too little was left in the budget for this run when it was to start (budget.${of}).`;
  return { kind: "out_of_budget", message, lastLines: "" };
}

/** Without the time that any run may have, which is no budget's. */
function onlyLimited(amounts: Amounts, own: Amounts): Amounts {
  const { ms: _, ...others } = amounts;
  return own.ms === undefined ? others : amounts;
}

async function untilAnswered<T>(run: Run, ask: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      run.log.warn({ err: error }, "the ledger does not answer; trying again");
    }
    const waitMs = Math.min(RETRY_MS * 2 ** attempt, LONGEST_RETRY_MS);
    await delay(waitMs, undefined, { signal: run.signal }).catch(() => undefined);
    throwIfInterrupted(run);
  }
}

/**
 * What was used is booked, once; of what is not known the whole reserve, unless another run `goesOn` from this one. What cannot be booked
 * now the sweep books.
 */
export async function bookRun(shared: Shared, run: Run, { goesOn = false } = {}): Promise<void> {
  const { budget, epoch } = run.folder.record;
  if (budget?.epoch !== epoch || budget.booked) return;
  const used = usedBy(shared, run);
  try {
    await book(shared.redis, { task: run.task.spec.id, epoch, used, goesOn });
    budget.booked = true;
    run.folder.save();
    run.log.info({ used, reserved: budget.reserved }, "what the run has used is booked");
  } catch (error) {
    run.log.warn({ err: error }, "what the run has used is not booked: left to the sweep");
  }
}

/** For the task's record; undefined where nothing is limited. */
export function budgetOf(shared: Shared, run: Run): RunBudget | undefined {
  const { budget, epoch } = run.folder.record;
  if (budget?.epoch !== epoch) return undefined;
  const { reserved, task, tight, low, lastTurn } = budget;
  return {
    epoch,
    reserved,
    used: usedBy(shared, run),
    ...(task && { task }),
    ...(tight && { tight }),
    ...(low && { low }),
    ...(lastTurn !== undefined && { spent: true }),
  };
}

/**
 * As far as it is known, by now. A run that never got as far as its agent has used nothing. `turn`: by the end of that turn, also
 * where it is read again after a restart of the host and later ones are known.
 */
export function usedBy(shared: Shared, run: Run, turn?: string): Amounts {
  const { record } = run.folder;
  const turns = turnsOf(record, turn);
  const isForgotten = record.budget?.forgotten === true;
  if (turns.length === 0 && !isForgotten) return NOTHING;
  const { totals, told } = run.spoken.usage();
  const price = agentOf(shared, run)?.price;
  const usd = told.cost ? totals.costUsd : told.any && price ? costAt(price, totals) : undefined;
  if (isForgotten) return { runs: 1 };
  return {
    ...(usd !== undefined && { usd }),
    ...(told.any && { tokens: totals.inputTokens + totals.outputTokens }),
    ms: Math.round(
      turns.reduce((sum, { startedAt, endedAt = Date.now() }) => sum + Math.max(0, endedAt - startedAt), 0),
    ),
    runs: 1,
  };
}

/** Turns of its agent that an earlier run of the task has not counted. */
function turnsOf({ steps }: Pick<RunRecord, "steps">, last?: string): StepRecord[] {
  const end = last === undefined ? -1 : steps.findIndex(({ name }) => name === last);
  const known = end < 0 ? steps : steps.slice(0, end + 1);
  return known.filter(({ kind, counted }) => kind === "agent" && !counted);
}

const agentOf = ({ operator }: Shared, { folder, task }: Run): AgentDefinition | undefined =>
  operator.agents.get(folder.record.prepared?.agent ?? task.agent ?? "");

const MILLION = 1e6;

function costAt({ input, output, cached = input }: Price, totals: UsageTotals): number {
  const fresh = Math.max(0, totals.inputTokens - totals.cachedTokens);
  return (fresh * input + totals.cachedTokens * cached + totals.outputTokens * output) / MILLION;
}

/** What an agent's own limit is to be, as what its session may have cost in all; undefined: none. */
export function maxUsdOf(shared: Shared, run: Run, session: string | undefined): number | undefined {
  const { budget, epoch } = run.folder.record;
  const most = budget?.epoch === epoch ? budget.reserved.usd : undefined;
  if (most === undefined) return undefined;
  const share = budget?.lastShare ?? 1;
  const { usd = 0 } = usedBy(shared, run);
  const before = session === undefined ? 0 : (run.spoken.usedBy(session)?.costUsd ?? 0);
  return Math.max(0.01, most * share - usd) + before;
}

/** Why an agent was stopped. */
export function allUsed({ budget }: RunRecord): string {
  const { runs: _, ...amounts } = budget?.reserved ?? {};
  return `What this run may use (${amountsWords(amounts)}) is used up.`;
}
