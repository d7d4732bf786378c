/** What the bot says about what comes next, as pure functions: while a task runs, what it waits for; at its end, what to do. */
import type { Deadline, Phase } from "../task/task.ts";
import { count } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";
import type { Why, WhyQueued, WhySettled } from "../views/why.ts";
import { isReady } from "./checkpoint-words.ts";
import { askAgain, askAgainKnowing } from "./origin-words.ts";
import { lacksRoom, waitsFor } from "./waiting-words.ts";

/** What happens next, or what to do next. */
export function nextStep(why: Why, quoting: Quoting): string {
  switch (why.state) {
    case "waiting":
      return why.reasons.map((reason) => waitsFor(reason, quoting)).join(" ");
    case "queued":
      return queuedNext(why, quoting);
    case "running":
      if (why.stopping) return "The agent is being stopped; nothing will be published.";
      return runningNext[why.phase];
    case "settled":
      return settledNext(why, quoting);
  }
}

function queuedNext({ agent, connected, full, hosts, before, home }: WhyQueued, quoting: Quoting): string {
  const { code } = quoting;
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

const runningNext: Record<Phase, string> = {
  preparing: "The agent starts as soon as its workspace is ready.",
  working: "When the agent is done, its commits are verified and become a pull request.",
  verifying:
    "If the verify command passes, the commits are published; if not, the agent gets its output and tries again.",
  publishing: "The commits are checked, pushed and opened as a pull request.",
};

function settledNext({ outcome, own, task }: WhySettled, quoting: Quoting): string {
  const { origin } = task;
  const again = askAgain(origin, quoting);
  if (isReady(task))
    return "The work is finished. Once what stood in the way is gone, comment `/orch retry`: that publishes it without running the agent again.";
  switch (outcome.kind) {
    case "pull_request":
      return own
        ? "Review the new commits. `/orch` and a request in your own words continues on this branch."
        : `Review it${outcome.draft === false ? "" : " and mark it as ready"}, or write \`/orch\` and a request there: the work then continues on its branch.`;
    case "no_changes":
      return "Say more precisely what should change: `/orch` and the request, in a new comment.";
    case "agent_failed":
      if (outcome.reason === "setup")
        return `Fix \`setup\` in \`.github/orch.yml\` on the default branch; then ${again}.`;
      return outcome.reason === "auth" || outcome.reason === "config"
        ? `The operator of the worker host has to fix the agent's set-up or its key (\`orch doctor\` helps); then ${again}.`
        : outcome.reason === "disk"
          ? `Ask for less at once, or have the operator of the worker host give it more room (\`limits.runDiskGigabytes\`); then ${again}.`
          : tryAgain(again, outcome.reason);
    case "out_of_budget":
      return tryAgain(again);
    case "timed_out":
      return isOurs(outcome.deadline)
        ? `Nothing is wrong with your request. To try again later, ${again}.`
        : tryAgain(again);
    case "verify_failed":
      return `Look at the output above, then ${askAgainKnowing(origin, quoting)}.`;
    case "cancelled":
      return `If it should be done after all, ${again}.`;
    case "refused":
      return `Once that is resolved, ${again}.`;
    case "host_error":
      return `Nothing is wrong with your request. Once the worker host works again, ${again}.`;
  }
}

/** Deadlines that no smaller request would have kept. */
const isOurs = (deadline: Deadline): boolean => deadline === "preparing" || deadline === "publishing";

/** Why an agent ended that has nothing to do with what it was asked. */
const PASSING = new Set(["rate_limit", "server", "interrupted"]);

const tryAgain = (again: string, reason = ""): string =>
  PASSING.has(reason)
    ? `To try again later, ${again}.`
    : `To try again, ${again}; a smaller or clearer request often helps.`;
