/** What came of it: the pull request, its diff, the tests before and after, and what each step cost in time and memory. */

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { hostAndPort } from "../src/reach/host-and-port.ts";
import type { Outcome } from "../src/task/outcome.ts";
import type { NetworkUse } from "../src/task/progress.ts";
import { progressOf, type Task } from "../src/task/task.ts";
import type { TaskEvent } from "../src/task/timeline.ts";
import type { Sample } from "./memory.ts";
import type { Stage } from "./stage.ts";
import { checkOn } from "./told.ts";

const run = promisify(execFile);

export type TestCount = { passed: number; failed: number };
export type StepCost = { step: string; ms: number; systemMb: number; agentMb: number };

export type Summary = {
  ok: boolean;
  outcome: string;
  /** Why there is no pull request, as the progress comment says it too. */
  reason?: string;
  pullRequest?: { number: number; url: string; draft: boolean; title: string };
  diff: string;
  /** What the check run on the pushed commit concluded, or "none". */
  check: string;
  before: TestCount;
  after?: TestCount;
  steps: StepCost[];
  sandbox: string;
  /** How the run's programs were let out, and what was blocked; undefined without a sandbox. */
  network?: NetworkUse;
  agent: string;
  violations: number;
};

type Seen = Pick<Summary, "check" | "before" | "after" | "violations" | "sandbox" | "network"> & {
  draft?: boolean;
  /** The one place that a sandbox must have kept the agent from, where the agent is the demo's own. */
  forbidden?: string;
};

/** Whether what can be seen from outside is a good end. A test that is gone does not count as mended. */
export function isProven({ draft, check, before, after, violations, ...walls }: Seen): boolean {
  const mended = after?.failed === 0 && after.passed >= before.passed + before.failed;
  const good = draft === true && check === "success" && before.failed > 0 && mended && violations === 0;
  return good && hasHeld(walls);
}

/** In the sandbox exactly the forbidden place was blocked. */
function hasHeld({ sandbox, network, forbidden }: Pick<Seen, "sandbox" | "network" | "forbidden">): boolean {
  if (sandbox !== "bwrap" || forbidden === undefined) return true;
  return network?.blocked === 1 && network.places.map(placeOf).join() === forbidden;
}

const placeOf = ({ host, port }: NetworkUse["places"][number]) => hostAndPort(host, port);

/** What was observed meanwhile. `startedAt`: when the comment was written, Unix ms. */
export type Observed = { startedAt: number; events: readonly TaskEvent[]; samples: readonly Sample[] };

export async function summarize(stage: Stage, task: Task, observed: Observed): Promise<Summary> {
  const { simulator, repository } = stage;
  const outcome = task.state.name === "settled" ? task.state.outcome : undefined;
  const pull =
    task.pullRequest && simulator.state.pulls(repository).find((each) => each.number === task.pullRequest?.number);
  const clone = mkdtempSync(join(tmpdir(), "orch-demo-clone-"));
  try {
    await git(["clone", "--quiet", repository.cloneUrl, clone], stage);
    const before = await runTests(clone);
    let diff = "";
    let after: TestCount | undefined;
    if (task.pushed) {
      await git(["-C", clone, "checkout", "--quiet", task.pushed.branch], stage);
      diff = (await git(["-C", clone, "diff", "--no-color", "origin/main", "HEAD"], stage)).trimEnd();
      after = await runTests(clone);
    }
    const violations = simulator.violations().length;
    const check = checkOn(stage, task)?.conclusion ?? "none";
    const { sandbox, forbidden } = stage;
    const { network } = progressOf(task);
    const seen = { draft: pull?.pull.draft, check, before, after, violations, sandbox, network, forbidden };
    return {
      ok: outcome?.kind === "pull_request" && isProven(seen),
      outcome: outcome?.kind ?? "none",
      reason: reasonOf(outcome),
      pullRequest: pull && {
        number: pull.number,
        url: task.pullRequest?.url ?? "",
        draft: pull.pull.draft,
        title: pull.title,
      },
      diff,
      check,
      before,
      after,
      steps: costs(task, observed),
      sandbox,
      network,
      agent: stage.agent,
      violations,
    };
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
}

function reasonOf(outcome: Outcome | undefined): string | undefined {
  if (!outcome) return undefined;
  if ("message" in outcome) return outcome.message;
  return outcome.kind === "refused" ? outcome.reason : undefined;
}

/** The tests before and after, run outside of Orch, and the commits that are on the branch. */
export async function proof(
  stage: Stage,
  { pushed }: Task,
): Promise<{ before: TestCount; after?: TestCount; commits: string[] }> {
  const clone = mkdtempSync(join(tmpdir(), "orch-demo-clone-"));
  try {
    await git(["clone", "--quiet", stage.repository.cloneUrl, clone], stage);
    const before = await runTests(clone);
    if (!pushed) return { before, commits: [] };
    await git(["-C", clone, "checkout", "--quiet", pushed.branch], stage);
    const log = await git(["-C", clone, "log", "--reverse", "--format=%h %s", "origin/main..HEAD"], stage);
    return { before, after: await runTests(clone), commits: log.trim().split("\n").filter(Boolean) };
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
}

async function git(args: readonly string[], { simulator }: Stage): Promise<string> {
  const reader = simulator.createUser("reader");
  const header = Buffer.from(`x-access-token:${reader.token}`).toString("base64");
  const env = {
    PATH: process.env.PATH ?? "",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: "http.extraHeader",
    GIT_CONFIG_VALUE_0: `Authorization: basic ${header}`,
    GIT_TERMINAL_PROMPT: "0",
  };
  return (await run("git", [...args], { env })).stdout;
}

/** The repository's own tests, outside of Orch: nobody's word is taken for it. */
async function runTests(dir: string): Promise<TestCount> {
  const env = { PATH: process.env.PATH ?? "" };
  const { stdout } = await run(process.execPath, ["--test", "--test-reporter=tap"], { cwd: dir, env }).catch(
    (error: { stdout?: string }) => ({
      stdout: error.stdout ?? "",
    }),
  );
  const count = (name: string) => Number(new RegExp(`^# ${name} (\\d+)$`, "m").exec(stdout)?.[1] ?? 0);
  return { passed: count("pass"), failed: count("fail") };
}

/** Each step from its first event to the next step's, with the highest memory seen in between. */
function costs(task: Task, { startedAt, events, samples }: Observed): StepCost[] {
  const marks = [
    { step: "comment → queued", at: startedAt },
    ...events.flatMap(({ what, at, detail }) => {
      if (what === "queued") return [{ step: "queued", at }];
      if (what === "claimed") return [{ step: "preparing", at }];
      if (what === "phase") return [{ step: String(detail.phase), at }];
      return what === "pushed" ? [{ step: "opening the pull request", at }] : [];
    }),
  ];
  const end = task.state.name === "settled" ? task.state.at : Date.now();
  return marks.map(({ step, at }, index) => {
    const until = marks[index + 1]?.at ?? end;
    const during = samples.filter((sample) => sample.at >= at && sample.at <= until + 250);
    const peak = (of: (sample: Sample) => number) => Math.round(Math.max(0, ...during.map(of)));
    return {
      step,
      ms: Math.max(0, until - at),
      systemMb: peak((each) => each.systemMb),
      agentMb: peak((each) => each.agentMb),
    };
  });
}

function networkWords(network: NetworkUse | undefined): string {
  if (!network) return "the machine's own: without a sandbox nothing is blocked";
  const reach = network.egress === "open" ? "open to public hosts" : "open to listed hosts";
  const { blocked } = network;
  if (blocked === 0) return `${reach}; nothing was blocked`;
  const connections = blocked === 1 ? "1 connection" : `${blocked} connections`;
  const places = [...new Set(network.places.filter(({ host }) => host !== "").map(placeOf))].join(", ");
  return `${reach}; ${connections} blocked${places === "" ? "" : `: ${places}`}`;
}

export function renderSummary(summary: Summary): string {
  const { pullRequest, before, after } = summary;
  const tests = ({ passed, failed }: TestCount) => `${passed + failed} tests, ${failed} failed`;
  const rows = summary.steps.map(
    ({ step, ms, systemMb, agentMb }) =>
      `  ${step.padEnd(26)} ${`${ms} ms`.padStart(9)}  ${`${systemMb} MB`.padStart(8)}  ${`${agentMb} MB`.padStart(8)}`,
  );
  return [
    "",
    `Outcome        ${summary.outcome}${summary.reason ? `: ${summary.reason}` : ""}`,
    `Pull request   ${pullRequest ? `${pullRequest.url}  (${pullRequest.draft ? "draft: " : ""}${pullRequest.title})` : "none"}`,
    `Tests before   ${tests(before)}`,
    `Tests after    ${after ? tests(after) : "nothing was pushed"}`,
    `Check run      ${summary.check}`,
    `Agent          ${summary.agent}${summary.agent === "scripted" ? " (a script, not a model: it tries small changes until the tests pass)" : ""}`,
    `Sandbox        ${summary.sandbox}`,
    `Network        ${networkWords(summary.network)}`,
    "",
    `  ${"step".padEnd(26)} ${"time".padStart(9)}  ${"system".padStart(8)}  ${"agent".padStart(8)}`,
    ...rows,
    "  system: Redis, bot, worker host, network proxy and tmux together, shared pages once; the simulated GitHub is not counted.",
    "",
    ...(summary.diff ? [...summary.diff.split("\n").map((line) => `  ${line}`.trimEnd()), ""] : []),
    "",
  ].join("\n");
}
