import { expect, test } from "vitest";
import { viewOf } from "../../src/report/view.ts";
import type { Task } from "../../src/task/task.ts";
import type { WaitingReason } from "../../src/task/waiting.ts";
import { inMarkdown } from "../../src/text/quote.ts";
import { type Why, why } from "../../src/views/why.ts";
import { nextStep } from "../../src/words/next-step.ts";
import { explanation } from "../../src/words/outcome-words.ts";
import { headline } from "../../src/words/task-words.ts";
import { around, queuedTask, settledTask } from "../report/sample-tasks.ts";

const MINUTE_MS = 60_000;
const until = 1_800_000_000_000;

/** Each reason, what is said while it holds, and what when it held for too long. The record makes the compiler ask for a new one. */
const said: Record<WaitingReason["for"], [WaitingReason, string, string][]> = {
  task: [
    [
      { for: "task", task: "tabc", until },
      "It starts when task `tabc` is over: both work on this pull request's branch, one after the other.",
      "The task waited 1h 30m for task `tabc`, which is still not over. Nothing was published.",
    ],
  ],
  limit: [
    [
      {
        for: "limit",
        agent: "claude",
        why: "rate_limit",
        since: until,
        at: until + 90_000,
        left: 90_000,
        host: "h1",
        until,
      },
      "The model provider of the agent `claude` takes no more requests for now. The task goes on in the same session in less than 1m 30s, at 2027-01-15 08:01 UTC; nothing has to be done for that.",
      "The task waited 1h 30m for the model provider of the agent `claude` to take requests again. Nothing was published.",
    ],
    [
      { for: "limit", agent: "claude", why: "auth", since: until, at: until + 30_000, left: 30_000, until },
      "The model provider of the agent `claude` refuses its credentials, as the operator of the worker host is told. The task starts in less than a minute, at 2027-01-15 08:00 UTC; nothing has to be done for that.",
      "The task waited 1h 30m for the model provider of the agent `claude` to take requests again. Nothing was published.",
    ],
    [
      { for: "limit", agent: "claude", why: "usage_limit", since: until, at: until, left: 0, probing: true, until },
      "The account of the agent `claude` has used up what its model provider grants it for now. Another task is trying whether it does again; then this one starts.",
      "The task waited 1h 30m for the model provider of the agent `claude` to take requests again. Nothing was published.",
    ],
  ],
  team: [
    [
      { for: "team", until },
      "Its team is at work on the nodes of its plan. It goes on when all of them are over, or when something comes up that they cannot solve.",
      "The nodes of its plan were not over after 1h 30m. Nothing was published.",
    ],
  ],
  approval: [
    [
      { for: "approval", proposal: "p3fa81c", until },
      "Its agent has made a proposal. `/orch approve p3fa81c` has it carried out in the same session; `/orch plan p3fa81c` and what should be different asks for another one; `/orch cancel` ends it. Without a word by 2027-01-15 08:00 UTC, it ends.",
      "Nobody approved its agent's proposal `p3fa81c` within 1h 30m. Nothing was published.",
    ],
  ],
  budget: [
    [
      { for: "budget", of: "day", unit: "usd", until },
      "What all tasks together may use in a day, counted in dollars, is used up or set aside by tasks that run. It starts when there is room again, after midnight (UTC) at the latest if the new day's suffices, or when the operator of this App raises it (`budget.day`).",
      "The task waited 1h 30m for room in the budget: what all tasks together may use in a day was used up. Nothing was published.",
    ],
    [
      { for: "budget", of: "conversation", unit: "runs", until },
      "What the tasks of this conversation may use together, counted in runs, is used up or set aside by tasks that run. It starts when there is room again, or when the operator of this App raises it (`budget.conversation`).",
      "The task waited 1h 30m for room in the budget: what the tasks of this conversation may use together was used up. Nothing was published.",
    ],
  ],
  answer: [
    [
      { for: "answer", question: "q1a2b3c", onNoAnswer: "go_on", until },
      "Its agent asks question `q1a2b3c`. `/orch answer` and the answer lets it go on in the same session; without an answer by 2027-01-15 08:00 UTC, the agent decides by itself.",
      "Nobody answered its agent's question `q1a2b3c` within 1h 30m. Nothing was published.",
    ],
    [
      { for: "answer", question: "q1a2b3c", onNoAnswer: "end", until },
      "Its agent asks question `q1a2b3c`. `/orch answer` and the answer lets it go on in the same session; without an answer by 2027-01-15 08:00 UTC, it ends.",
      "Nobody answered its agent's question `q1a2b3c` within 1h 30m. Nothing was published.",
    ],
  ],
  agent: [
    [
      { for: "agent", until },
      "No worker host is connected. It starts as soon as the operator of this App has started one.",
      "The task waited 1h 30m for a worker host; that is our fault, not your request's. Nothing was published.",
    ],
    [
      { for: "agent", agent: "claude", host: "h9", until },
      "The worker host `h9` has the work of this plan, and takes no tasks now. It goes on as soon as that host is there again.",
      "The task waited 1h 30m for the worker host `h9`, which has the work of its plan; that is our fault, not your request's. Nothing was published.",
    ],
    [
      { for: "agent", agent: "co`dex", until },
      "No connected worker host has the agent ``co`dex``. It starts as soon as the operator of this App has started one that does.",
      "The task waited 1h 30m for a worker host with the agent ``co`dex``; that is our fault, not your request's. Nothing was published.",
    ],
  ],
};
const all = Object.values(said).flat();
const waiting = (...reasons: WaitingReason[]) => ({
  ...queuedTask(),
  state: { name: "waiting" as const, since: until, reasons },
});

const next = (task: Task) => nextStep(why(task, around), inMarkdown);

test.each(all)("a task that waits says for what, and what may help: %j", (reason, now, inVain) => {
  const task = waiting(reason);
  expect(next(task)).toBe(now);
  expect(headline(task)).toBe(reason.for === "team" ? "A team works on it" : "Waiting");
  const outcome = { kind: "timed_out" as const, deadline: "waiting" as const, afterMs: 90 * MINUTE_MS, lastLines: "" };
  const end = why(settledTask({ ...outcome, waitedFor: [reason] }), around) as Extract<Why, { state: "settled" }>;
  expect(explanation(end, inMarkdown)).toBe(inVain);
});

test("of several reasons each is said, and another kind of reason is told at once", () => {
  const reasons = all.map(([reason]) => reason);
  expect(next(waiting(...reasons))).toBe(all.map(([, now]) => now).join(" "));
  const keysOf = (...of: WaitingReason[]) => viewOf(waiting(...of), around).turn;
  const kinds = Object.values(said).map(([first]) => first?.[0] as WaitingReason);
  expect(new Set(kinds.map((kind) => keysOf(kind))).size).toBe(kinds.length);
});
