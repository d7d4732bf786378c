/** What the bot says about what comes next, as pure functions: while a task runs, what it waits for; at its end, what to do. */
import type { Outcome, Phase, Task } from "../task/task.ts";
import { count } from "../text/amounts.ts";
import { askAgain, askAgainKnowing } from "./origin-words.ts";
import { isOwnPullRequest } from "./task-words.ts";
import { waitsFor } from "./waiting-words.ts";

/** What happens next, or what to do next. */
export function nextStep(task: Task, hosts: { alive: number; slots: number }): string {
  const { state } = task;
  switch (state.name) {
    case "waiting":
      return state.reasons.map(waitsFor).join(" ");
    case "queued":
      return hosts.alive === 0
        ? "No worker host is connected at the moment. The task waits; the operator of this App has to start one."
        : `The next free slot takes the task (${count(hosts.slots, "slot")} on ${count(hosts.alive, "worker host")}).`;
    case "running":
      if (task.cancel && !task.pushed) return "The worker host stops the agent; nothing will be published.";
      return runningNext[state.phase];
    case "settled":
      return settledNext(task, state.outcome);
  }
}

const runningNext: Record<Phase, string> = {
  preparing: "The agent starts as soon as its workspace stands.",
  working: "When the agent has ended, its commits are verified and become a draft pull request.",
  verifying: "If the verify command passes, the commits are published; if not, the agent is handed its output.",
  publishing: "The commits are checked, pushed, and shown as a draft pull request.",
};

function settledNext(task: Task, outcome: Outcome): string {
  const again = askAgain(task.spec);
  switch (outcome.kind) {
    case "pull_request":
      return isOwnPullRequest(task, outcome.number)
        ? "Review the new commits. `/orch` and a request in your own words continues on this branch."
        : "Review it and mark it ready, or write `/orch` and a request there: the work then continues on its branch.";
    case "no_changes":
      return "Say more precisely what should change: `/orch` and the request, in a new comment.";
    case "agent_failed":
      if (outcome.reason === "setup")
        return `Repair \`setup\` in \`.github/orch.yml\` on the default branch; then ${again}.`;
      return outcome.reason === "auth" || outcome.reason === "config"
        ? `The operator of the worker host has to repair the agent's set-up or key (\`orch doctor\` helps); then ${again}.`
        : `To try once more, ${again}; a smaller or clearer request often helps where the work failed.`;
    case "out_of_budget":
    case "timed_out":
      return `To try once more, ${again}; a smaller or clearer request often helps where the work failed.`;
    case "verify_failed":
      return `Look at the output above, then ${askAgainKnowing(task.spec)}.`;
    case "cancelled":
      return `If it should be done after all, ${again}.`;
    case "refused":
      return `When the reason is out of the way, ${again}.`;
    case "host_error":
      return `Nothing is wrong with the request. When the host is well again, ${again}.`;
  }
}
