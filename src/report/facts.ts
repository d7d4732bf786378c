/**
 * What is known about a task as a list of lines: where it runs, who works, how long it took, what it cost, what was
 * changed and whether it was verified. The same lines stand in the progress comment, the receipt and the pull request.
 */
import { hostAndPort } from "../reach/host-and-port.ts";
import type { HostView } from "../task/hosts.ts";
import type { Progress, Verification } from "../task/progress.ts";
import { MAX_ROUNDS } from "../task/review.ts";
import { type Pushed, progressOf, type Task } from "../task/task.ts";
import type { TaskSpec } from "../task/task-spec.ts";
import { count, dollars, duration } from "../text/amounts.ts";
import { blockQuote, code, plain } from "../text/quote.ts";
import type { Team } from "../views/plan-view.ts";
import { usedBy } from "../views/spent.ts";
import { taskBudgetWords } from "../words/budget-words.ts";
import { ONLY_WITH_HIDDEN } from "../words/hidden-words.ts";
import { inForceWords, usedOfMachine } from "../words/limit-words.ts";
import { answeredFacts } from "../words/question-words.ts";
import { teamLines } from "./team-text.ts";

/** What a task's text depends on besides the task. */
export type Surroundings = {
  /** Unix ms. With a fixed time the text changes only when the task does. */
  now: number;
  hosts: readonly HostView[];
  /** E.g. https://github.com */
  webUrl: string;
  /** Of a team's task, once its plan is approved. */
  team?: Team | undefined;
};

/** The request as a quote. Its details stand in the comment that is linked beside it; three dots say that there are some. */
export function asked({ instruction, details }: TaskSpec): string {
  return blockQuote(details === undefined ? instruction : `${instruction} …`);
}

export function facts(task: Task, around: Surroundings): string[] {
  const progress = progressOf(task);
  return [
    hostFact(task, around),
    agentFact(progress),
    roleFact(task.spec),
    startFact(progress, task.spec),
    timeFact(task, around.now),
    // Of all runs that say: one that went on after a limit counts what it used itself.
    usageFact(usedBy([task, ...(around.team?.tasks ?? [])])),
    budgetFact(task),
    machineFact(progress),
    networkFact(progress),
    changesFact(task.pushed),
    verificationFact(task),
    sessionFact(progress),
    crashFact(task),
    ...teamLines(task, around),
    ...answeredFacts(task),
  ].filter((line) => line !== undefined);
}

function hostFact({ state }: Task, { hosts }: Surroundings): string | undefined {
  if (state.name !== "running") return undefined;
  const host = hosts.find(({ id }) => id === state.host);
  return `Worker host: ${code(host?.name ?? state.host, 80)}`;
}

export function agentFact(progress: Progress): string | undefined {
  if (!progress.agent) return undefined;
  const model = progress.model ? `, model ${code(progress.model, 80)}` : "";
  const sandbox = progress.sandbox ? `, sandbox \`${progress.sandbox}\`` : "";
  return `Agent: ${code(progress.agent, 80)}${model}${sandbox}`;
}

/** In which role the agent works, and for which review. */
function roleFact({ role, mends }: TaskSpec): string | undefined {
  if (mends) return `Mends what task ${code(mends.review)} found (round ${mends.round} of ${MAX_ROUNDS})`;
  return role === undefined ? undefined : `Role: ${code(role, 40)}`;
}

/** Whether the agent knows what an earlier task of this pull request came to, and how. */
function startFact({ start }: Progress, { id: own, after }: TaskSpec): string | undefined {
  if (start === undefined) return undefined;
  switch (start.how) {
    case "fresh":
      return after === undefined ? undefined : `Begun anew: task ${code(after)} left nothing to go on from`;
    case "resumed":
      if (start.task === own) return "Went on in the same session after it had waited";
      return `Resumed the session of task ${code(start.task)}`;
    case "handed over":
      if (start.task === own)
        return "Began anew on another worker host than the one on which it had waited, with a written hand-over";
      return `Continues task ${code(start.task)} in a new session, with a written hand-over`;
    case "taken up":
      return `Publishes what task ${code(start.task)} had finished; the agent did not run again`;
  }
}

/** What the run's programs may use of the machine, how that is held, and what they have used. */
export function machineFact({ inForce = [], ...used }: Progress): string | undefined {
  const use = usedOfMachine(used);
  const parts = [...(inForce.length > 0 ? [`at most ${inForceWords(inForce)}`] : []), ...(use ? [`used ${use}`] : [])];
  return parts.length === 0 ? undefined : `Machine: ${parts.join("; ")}`;
}

/** How the run's programs were let out to the network, and what was blocked. Without a sandbox the warning says it. */
export function networkFact({ network }: Progress): string | undefined {
  if (!network) return undefined;
  const reach = network.egress === "open" ? "any public host" : "listed hosts only";
  const fact = `Network: ${reach} (egress \`${network.egress}\`)`;
  if (network.blocked === 0) return fact;
  const places = network.places.map(({ host, port, why }) => {
    const place = host === "" ? "" : `${code(hostAndPort(host, port), 120)}: `;
    return `\n  - ${place}${plain(why, 200)}`;
  });
  return `${fact}, ${count(network.blocked, "connection")} blocked${places.length > 0 ? ":" : ""}${places.join("")}`;
}

/** Passing time alone is no reason for an edit, so a running task says that its time is that of the last edit. */
function timeFact({ spec, state }: Task, now: number): string | undefined {
  switch (state.name) {
    case "waiting":
    case "queued":
      return undefined;
    case "running":
      return `Time: ${duration(now - spec.acceptedAt)} when this was written`;
    case "settled":
      return `Time: ${duration(state.at - spec.acceptedAt)}`;
  }
}

export function usageFact({ inputTokens, outputTokens, costUsd }: Progress): string | undefined {
  const tokens =
    inputTokens === undefined && outputTokens === undefined
      ? []
      : [`${count(inputTokens ?? 0, "token")} in`, `${count(outputTokens ?? 0, "token")} out`];
  const cost = costUsd === undefined ? [] : [`${dollars(costUsd)} by the agent's own count`];
  const parts = [...tokens, ...cost];
  return parts.length === 0 ? undefined : `Usage: ${parts.join(", ")}`;
}

/** Undefined where nothing is limited. A task's own budget counts all of its runs. */
export function budgetFact(task: Pick<Task, "runs" | "state">): string | undefined {
  const words = taskBudgetWords(task);
  return words && `Budget: ${words}`;
}

export function changesFact(pushed: Pushed | undefined): string | undefined {
  if (!pushed) return undefined;
  const size = `${count(pushed.commits, "commit")}, ${count(pushed.files, "file")}, +${pushed.additions} −${pushed.deletions}`;
  return `Changes: ${size} on ${code(pushed.branch)}`;
}

/** The verification of a task that got as far, or that none was asked for where the work is published. */
export function verificationFact(task: Task): string | undefined {
  const { state, pushed } = task;
  const failed =
    state.name === "settled" && state.outcome.kind === "verify_failed" ? state.outcome.verification : undefined;
  const verification = failed ?? progressOf(task).verification;
  if (verification) return `Verification: ${verificationWords(verification)}`;
  return pushed ? "Verification: none, `.github/orch.yml` names no verify command" : undefined;
}

function verificationWords({ command, exitCode, rounds, hidden, redBefore }: Verification): string {
  const failed = redBefore ? "fails as it did before the work began" : "failed";
  const verdict = exitCode === 0 ? (hidden ? ONLY_WITH_HIDDEN : "passed") : failed;
  return `${code(command)} ${verdict} (exit code ${exitCode}, ${count(rounds, "round")})`;
}

function sessionFact({ sessionId }: Progress): string | undefined {
  return sessionId ? `Agent's session: ${code(sessionId, 100)}` : undefined;
}

function crashFact({ crashes }: Task): string | undefined {
  return crashes.length === 0
    ? undefined
    : `The worker host was lost ${crashes.length === 1 ? "once" : `${crashes.length} times`} while it worked on this`;
}

/** Stands in everything that tells of a run without confinement. */
export function sandboxWarning({ sandbox }: Progress): string | undefined {
  return sandbox === "none"
    ? "> [!WARNING]\n> The agent runs without confinement (sandbox `none`): it can read and change whatever its user can on the worker host, and reach all that this machine can reach, its own services included."
    : undefined;
}
