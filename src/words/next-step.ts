/** What the bot says about what comes next, as pure functions: while a task runs, what it waits for; at its end, what to do. */
import type { Deadline } from "../task/outcome.ts";
import type { Phase } from "../task/task.ts";
import { count } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import type { OutcomeView } from "../views/outcome-view.ts";
import type { Why, WhyQueued, WhyRunning, WhySettled } from "../views/why.ts";
import { isReady } from "./checkpoint-words.ts";
import { afterReview, REVIEWS } from "./review-words.ts";
import { lacksRoom, waitsFor } from "./waiting-words.ts";
import { byComment, type Ways } from "./ways-again.ts";

/** What happens next, or what to do next. `ways`: how one asks once more where it is read. */
export function nextStep(why: Why, quoting: Quoting, ways: Ways = byComment(why.task, quoting)): string {
  switch (why.state) {
    case "waiting":
      return why.reasons.map((reason) => waitsFor(reason, quoting)).join(" ");
    case "queued":
      return queuedNext(why, quoting);
    case "running":
      if (why.stopping) return "The agent is being stopped; nothing will be published.";
      if (why.heldUpSince !== undefined) return heldUp(why, why.heldUpSince);
      if (why.reviews) return REVIEWS;
      return why.proposes ? PROPOSES : runningNext[why.phase];
    case "settled":
      return settledNext(why, quoting, ways);
  }
}

function heldUp({ phase, deadline }: WhyRunning, since: number): string {
  const end = deadline ? ` until ${clock(deadline.at)}` : "";
  const what = phase === "publishing" ? "The work is finished and will be pushed" : "The task goes on";
  return `GitHub's git has not answered as it should since ${clock(since)}. It is tried again and again${end}. ${what} as soon as it does; nothing has to be done for that.`;
}

const clock = (at: number): string => `${new Date(at).toISOString().slice(11, 16)} UTC`;

function queuedNext({ agent, connected, full, hosts, before, home, pause }: WhyQueued, quoting: Quoting): string {
  const { code } = quoting;
  if (pause) return "The operator of this App has paused all work. The task starts when that is over.";
  if (full) return lacksRoom(full, quoting);
  if (home) {
    const name = code(home.name ?? home.id, 60);
    return `It resumes a session that the worker host ${name} keeps, and starts when a slot is free there. After ten minutes it starts on any host that has the agent.`;
  }
  if (connected === 0) return "No worker host is connected. The task waits until the operator of this App starts one.";
  if (hosts.length === 0)
    return `No connected worker host has the agent ${code(agent ?? "", 60)}. The task waits until the operator of this App starts one that does.`;
  const slots = hosts.reduce((sum, host) => sum + host.slots, 0);
  const where = `${count(slots, "slot")} on ${count(hosts.length, "worker host")}`;
  if (before === undefined || before === 0) return `The next free slot takes the task (${where}).`;
  return `${count(before, "task is", "tasks are")} ahead of it. It starts when a slot is free for it (${where}).`;
}

const PROPOSES =
  "The agent only looks, and changes nothing. When it is done, its proposal is shown here, and somebody decides about it.";

const runningNext: Record<Phase, string> = {
  preparing: "The agent starts as soon as its workspace is ready.",
  working: "When the agent is done, its commits are verified and become a pull request.",
  verifying:
    "If the verify command passes, the commits are published; if not, the agent gets its output and tries again.",
  publishing: "The commits are checked, pushed and opened as a pull request.",
};

function settledNext({ outcome, own, task }: WhySettled, quoting: Quoting, ways: Ways): string {
  const { again, knowing, anew, publish, other } = ways;
  if (isReady(task))
    return `The work is finished. Once what stood in the way is gone, ${publish}: that publishes it without running the agent again.`;
  switch (outcome.kind) {
    case "pull_request":
      return own
        ? "Review the new commits. `/orch` and a request in your own words continues on this branch."
        : `Review it${outcome.draft === false ? "" : " and mark it as ready"}, or write \`/orch\` and a request there: the work then continues on its branch.`;
    case "merged":
      return "Nothing has to be done: the plan goes on by itself.";
    case "reviewed":
      return afterReview(outcome, quoting);
    case "no_changes":
      return `Say more precisely what should change: ${other}.`;
    case "agent_failed":
      return afterCause(outcome.reason, again);
    case "out_of_budget":
      return smaller(again);
    case "over_limit":
      return afterLimit(outcome, again);
    case "stalled":
      return `What it repeated may say what it lacks: a tool, a file, or a clearer request. To try again, ${knowing}.`;
    case "timed_out":
      if (outcome.waitedFor?.some((reason) => reason.for === "approval"))
        return `If it should be done after all, ${again}.`;
      if (isOurs(outcome.deadline)) return `Nothing is wrong with your request. To try again later, ${again}.`;
      if (outcome.cause) return afterCause(outcome.cause.reason, again);
      return isQuiet(outcome.deadline)
        ? `To try again, ${again}; the operator of the worker host can give it longer (\`limits\` in its file).`
        : smaller(again);
    case "verify_failed":
      return `Look at the output above, then ${knowing}.`;
    case "cancelled":
      return `If it should be done after all, ${wasMoved(outcome) ? anew : again}.`;
    case "refused":
      return `Once that is resolved, ${again}.`;
    case "host_error":
      return `Nothing is wrong with your request. Once the worker host works again, ${again}.`;
  }
}

/** Where its issue is now, the task is not known. */
const wasMoved = ({ reason }: Extract<OutcomeView, { kind: "cancelled" }>): boolean =>
  reason.kind === "issue_closed" && reason.moved === true;

/** Deadlines that no smaller request would have kept. */
const isOurs = (deadline: Deadline): boolean => deadline === "preparing" || deadline === "publishing";

const isQuiet = (deadline: Deadline): boolean => deadline === "silence" || deadline === "first_output";

/** The same once more comes to the same. */
function afterLimit({ limit, during }: Extract<OutcomeView, { kind: "over_limit" }>, again: string): string {
  const key = limit === "memory" ? "memoryMegabytes" : "processes";
  const less =
    during === "setup"
      ? "Have the setup command do less at once"
      : limit === "memory"
        ? "Ask for less at once, or for fewer things side by side (tests, builds)"
        : "Ask for fewer things side by side";
  return `The same request would end so again. ${less}, or have the limit raised (\`limits.${key}\`: in the operator's file, unless \`.github/orch.yml\` says less); then ${again}.`;
}

const smaller = (again: string): string => `To try again, ${again}; a smaller or clearer request often helps.`;

/** What to do about an agent that failed, by the adapter's reason. What no adapter has a reason for may be the request's. */
function afterCause(reason: string, again: string): string {
  const advice = advices[reason];
  return advice ? advice(again) : smaller(again);
}

const operator = (what: string) => (again: string) => `The operator of the worker host has to ${what}; then ${again}.`;
const later = (again: string): string => `To try again later, ${again}.`;

const advices: Readonly<Record<string, (again: string) => string>> = {
  setup: (again) => `Fix \`setup\` in \`.github/orch.yml\` on the default branch; then ${again}.`,
  auth: operator("fix the agent's set-up or its key (`orch doctor` helps)"),
  config: operator("fix the agent's set-up or its key (`orch doctor` helps)"),
  credit: operator("add credit to the account of the agent's model provider, or give the agent another key"),
  model: (again) =>
    `Ask for a model that the agent's provider has, or have the operator of the worker host set one; then ${again}.`,
  unreachable: operator("see to the connection to the model provider (`orch doctor` tells what is out of reach)"),
  usage_limit: (again) => `When the provider takes requests again, ${again}.`,
  denied: (again) =>
    `It needed something that it may not do. Ask for something else, or have the operator of the worker host allow it; then ${again}.`,
  disk: (again) =>
    `Ask for less at once, or have the operator of the worker host give it more room (\`limits.runDiskGigabytes\`); then ${again}.`,
  rate_limit: later,
  server: later,
  interrupted: later,
};
