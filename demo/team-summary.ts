/** What the team came to: who did what, what it met with, and whether that is what the demo promises. */
import type { Task } from "../src/task/task.ts";
import { count } from "../src/text/amounts.ts";
import type { PlanView } from "../src/views/plan-view.ts";
import { nodeWords, teamFacts } from "../src/words/plan-words.ts";
import type { Stage } from "./stage.ts";
import { proof, type TestCount } from "./summary.ts";

/** On a machine with nothing else to do the demo is over within this, ms. How long it took elsewhere says nothing of Orch. */
const USUAL_MS = 60_000;

export type TeamSummary = {
  ok: boolean;
  outcome: string;
  pullRequest?: { number: number; url: string; draft: boolean };
  before: TestCount;
  after?: TestCount;
  commits: string[];
  nodes: { id: string; role: string; how: string; tries: number }[];
  met: PlanView["met"] & { questions: number };
  /** What is not as the demo promises. */
  missing: string[];
  ms: number;
  violations: number;
};

export async function summarizeTeam(
  stage: Stage,
  task: Task,
  view: PlanView,
  { ms }: { ms: number },
): Promise<TeamSummary> {
  const { simulator, repository } = stage;
  const outcome = task.state.name === "settled" ? task.state.outcome.kind : "none";
  const pulls = simulator.state.pulls(repository);
  const pull = pulls.find(({ number }) => number === task.pullRequest?.number);
  const { before, after, commits } = await proof(stage, task);
  const nodes = view.nodes.map(({ id, role, how, tries }) => ({ id, role, how, tries }));
  const questions = view.nodes.reduce((sum, { answered }) => sum + answered, 0);
  const violations = simulator.violations().length;
  const summary = {
    outcome,
    ...(pull && {
      pullRequest: { number: pull.number, url: task.pullRequest?.url ?? "", draft: pull.pull.draft === true },
    }),
    ...{ before, commits, nodes, met: { ...view.met, questions }, ms, violations },
    ...(after && { after }),
  };
  const missing = missingFrom(summary, pulls.length);
  return { ok: missing.length === 0, ...summary, missing };
}

type Seen = Omit<TeamSummary, "ok" | "missing">;

/** Each promise, and whether it was kept. */
export function missingFrom(
  { outcome, pullRequest, before, after, nodes, met, violations }: Seen,
  pulls: number,
): string[] {
  const promises: [boolean, string][] = [
    [outcome === "pull_request" && pullRequest?.draft === true && pulls === 1, "one draft pull request"],
    [nodes.length === 4 && nodes.every(({ how }) => how === "merged"), "four nodes, all of them merged"],
    [after?.failed === 0 && after.passed > before.passed, "more tests than before, and none that fails"],
    [met.questions === 1, "one question, answered by a person"],
    [met.conflicts >= 1, "a conflict between two nodes"],
    [nodes.some(({ tries }) => tries === 2), "a node that failed and was tried again"],
    [met.hostsLost >= 1, "a host that was killed"],
    [violations === 0, "no violation of GitHub's schema"],
  ];
  return promises.filter(([isKept]) => !isKept).map(([, what]) => what);
}

export function renderTeamSummary(summary: TeamSummary, view: PlanView): string {
  const { pullRequest, before, after, commits, missing, ms } = summary;
  const tests = ({ passed, failed }: TestCount) => `${passed + failed} tests, ${failed} failed`;
  const rows = view.nodes.map(
    ({ id, role, how, tries, sha }) =>
      `  ${id.padEnd(10)} ${role.padEnd(10)} ${nodeWords[how].padEnd(8)} ${count(tries, "try", "tries").padEnd(8)} ${sha?.slice(0, 10) ?? "-"}`,
  );
  return [
    "",
    `Outcome        ${summary.outcome}, in ${(ms / 1_000).toFixed(1)} s`,
    `Pull request   ${pullRequest ? `${pullRequest.url}${pullRequest.draft ? "  (draft)" : ""}` : "none"}`,
    `Tests before   ${tests(before)}`,
    `Tests after    ${after ? tests(after) : "nothing was pushed"}`,
    "Agents         scripted: planner, workers and reviewer play by a script, and no model decides anything",
    "",
    ...rows,
    "",
    ...teamFacts(view).map((line) => `  ${line}`),
    "",
    ...commits.map((line) => `  ${line}`),
    "",
    ...(ms < USUAL_MS
      ? []
      : ["It takes less than a minute where nothing else is done: this machine is slow, or busy."]),
    ...missing.map((what) => `! This is not as promised: ${what}`),
    "",
  ].join("\n");
}
