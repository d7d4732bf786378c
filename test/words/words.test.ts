/** Sentences made of views: the same ones for a person on GitHub and for one at a terminal. */
import { expect, test } from "vitest";
import type { Checkpoint } from "../../src/task/checkpoint.ts";
import { DEADLINES, type Outcome } from "../../src/task/outcome.ts";
import { PHASES } from "../../src/task/task.ts";
import { inMarkdown, inTerminal } from "../../src/text/quote.ts";
import type { Around } from "../../src/views/around.ts";
import type { Need, NeedKind } from "../../src/views/needs-me.ts";
import { spentOn } from "../../src/views/spent.ts";
import { runView, taskView } from "../../src/views/task-view.ts";
import { why } from "../../src/views/why.ts";
import { keptAt, keptFor } from "../../src/words/checkpoint-words.ts";
import { needWords } from "../../src/words/need-words.ts";
import { nextStep } from "../../src/words/next-step.ts";
import { spentWords } from "../../src/words/spent-words.ts";
import { runWords, whyWords } from "../../src/words/why-words.ts";
import {
  around as known,
  limits,
  outcomes,
  progress,
  pushed,
  queuedTask,
  runningTask,
  settledTask,
  verification,
  waitingReasons,
  waitingTask,
} from "../report/sample-tasks.ts";

const { now, hosts } = known;
const around: Around = { now, hosts };

const answers = {
  waiting: why(waitingTask(...Object.values(waitingReasons)), {
    ...around,
    tasks: [{ ...runningTask("working"), spec: { ...queuedTask().spec, id: "taaaaaaaaaaaaaaa" } }],
  }),
  "next in the queue": why(queuedTask(), { ...around, tasks: [], queue: [[queuedTask().spec.id]] }),
  "behind others": why(queuedTask(), {
    ...around,
    tasks: [runningTask("working")],
    queue: [["z"], ["x", "y", queuedTask().spec.id]],
  }),
  "for its home": why(
    { ...queuedTask(), state: { name: "queued", since: now, lane: { agent: "scripted", host: "h1" } } },
    around,
  ),
  "without a host": why(queuedTask(), { now, hosts: [] }),
  "without its agent": why({ ...queuedTask(), agent: "claude" }, around),
  running: why(runningTask("working"), {
    now,
    hosts: hosts.map((host) => ({ ...host, limits })),
    beats: new Map([[queuedTask().spec.id, now - 12_000]]),
  }),
  "on a host that is gone": why(runningTask("verifying"), { now, hosts: [] }),
  stopping: why(runningTask("working", { cancel: { kind: "command", by: "maintainer" } }), around),
  pushed: why(runningTask("publishing", { pushed }), around),
  "in doubt": why(runningTask("working"), { ...around, inDoubt: new Map([[queuedTask().spec.id, "older"]]) }),
  continuing: why(settledTask(outcomes.refused, { continues: "taaaaaaaaaaaaaaa" }), around),
};

test("why: every state answers in sentences, with what would change it", () => {
  const said = Object.entries(answers).map(([name, answer]) => [`# ${name}`, ...whyWords(answer, now, inTerminal)]);
  expect(said.flat().join("\n")).toMatchInlineSnapshot(`
    "# waiting
    It starts when task \`taaaaaaaaaaaaaaa\` is over: both work on this pull request's branch, one after the other. That task's state: working on builder-1 for 2m (fix the failing tests). If nothing changes, it ends as timed out in 6d 23h.
    No connected worker host has the agent \`claude\`. It starts as soon as the operator of this App has started one that does. Connected worker hosts offer: \`scripted\`. If nothing changes, it ends as timed out in 23h 57m.
    The account of the agent \`claude\` has used up what its model provider grants it for now. The task goes on in the same session in less than 1h, at 2026-01-02 04:04 UTC; nothing has to be done for that. If nothing changes, it ends as timed out in 24h 57m.
    Its team is at work on the nodes of its plan. It goes on when all of them are over, or when something comes up that they cannot solve. If nothing changes, it ends as timed out in 6d 23h.
    Its agent has made a proposal. \`/orch approve p3fa81c\` has it carried out in the same session; \`/orch plan p3fa81c\` and what should be different asks for another one; \`/orch cancel\` ends it. Without a word by 2026-01-09 03:04 UTC, it ends. If nothing changes, it ends as timed out in 6d 23h.
    What all tasks together may use in a day, counted in dollars, is used up or set aside by tasks that run. It starts when there is room again, after midnight (UTC) at the latest if the new day's suffices, or when the operator of this App raises it (\`budget.day\`). If nothing changes, it ends as timed out in 6d 23h.
    Its agent asks question \`q1a2b3c\`. \`/orch answer\` and the answer lets it go on in the same session; without an answer by 2026-01-03 03:04 UTC, the agent decides by itself.
    # next in the queue
    The next free slot takes the task (2 slots on 1 worker host).
    Busy slots: builder-1 0/2.
    If nothing changes, it ends as timed out in 23h 57m.
    # behind others
    2 tasks are ahead of it. It starts when a slot is free for it (2 slots on 1 worker host).
    Busy slots: builder-1 1/2.
    If nothing changes, it ends as timed out in 23h 57m.
    # for its home
    It resumes a session that the worker host \`builder-1\` keeps, and starts when a slot is free there. After ten minutes it starts on any host that has the agent.
    If nothing changes, it ends as timed out in 24h.
    # without a host
    No worker host is connected. The task waits until the operator of this App starts one.
    If nothing changes, it ends as timed out in 23h 57m.
    # without its agent
    No connected worker host has the agent \`claude\`. The task waits until the operator of this App starts one that does.
    If nothing changes, it ends as timed out in 23h 57m.
    # running
    When the agent is done, its commits are verified and become a pull request.
    In this phase for 2m.
    The agent's last output was 12s ago.
    The agent has to print something more within 14m 48s, unless it is at work.
    # on a host that is gone
    If the verify command passes, the commits are published; if not, the agent gets its output and tries again.
    The worker host \`h1\` is not there any more. If it does not come back, another one takes the task; \`orch status\` shows which there are.
    In this phase for 2m.
    # stopping
    The agent is being stopped; nothing will be published.
    In this phase for 2m.
    # pushed
    The commits are checked, pushed and opened as a pull request.
    The branch is on GitHub; the bot opens the pull request.
    In this phase for 2m.
    # in doubt
    When the agent is done, its commits are verified and become a pull request.
    In this phase for 2m.
    Tasks with a record that is older than their run: 1. What to do: Redis was restored from before they began; nothing to do, they go on when their jobs come again.
    # continuing
    The branch feature is gone.
    It goes on from task \`taaaaaaaaaaaaaaa\`."
  `);
});

test("why: every end is told in words, with what to do next", () => {
  const said = (Object.keys(outcomes) as Outcome["kind"][]).map((kind) => {
    const answer = why(settledTask(outcomes[kind]), around);
    return [...whyWords(answer, now, inTerminal), `Next: ${nextStep(answer, inTerminal)}`].join("\n");
  });
  expect(said.join("\n\n")).toMatchInlineSnapshot(`
    "A pull request for this task's branch is open: #8.
    https://github.example/octo-org/sample/pull/8
    Next: Review it and mark it as ready, or write \`/orch\` and a request there: the work then continues on its branch.

    Its work is part of its plan as commit \`ccccccc\`. The plan's pull request brings it with the rest.
    Next: Nothing has to be done: the plan goes on by itself.

    The agent has read the changes up to \`ddddddd\` and handed in 2 findings, which stand in its review of this pull request.
    Next: Judge the findings. \`/orch\` and a request in your own words has an agent mend what you want mended.

    The agent finished without changing anything, so there is no pull request. What it said may tell why.
    Next: Say more precisely what should change: \`/orch\` and the request, in a new comment.

    The agent failed (exit code 1): It threw. Nothing was published.
    Next: To try again, comment \`/orch retry tabcdefg\`; a smaller or clearer request often helps.

    The agent made changes, but \`npm test\` still fails (exit code 1) after 2 rounds. Nothing was published.
    Next: Look at the output above, then give the command again in a new comment and say what the agent should know.

    The agent printed nothing and did no work for 10m, so it was stopped. Nothing was published.
    Next: To try again, comment \`/orch retry tabcdefg\`; the operator of the worker host can give it longer (\`limits\` in its file).

    The agent used up its budget: 50 turns were not enough. Nothing was published.
    Next: To try again, comment \`/orch retry tabcdefg\`; a smaller or clearer request often helps.

    The agent was ended, because its programs may use 768 MB of memory together, and they needed more. Nothing was published.
    Next: The same request would end so again. Ask for less at once, or for fewer things side by side (tests, builds), or have the limit raised (\`limits.memoryMegabytes\`: in the operator's file, unless \`.github/orch.yml\` says less); then comment \`/orch retry tabcdefg\`.

    The agent made the same call 5 times, each time with the same result, and nothing new in between: \`Bash npm test\`. It was stopped. Nothing was published.
    Next: What it repeated may say what it lacks: a tool, a file, or a clearer request. To try again, give the command again in a new comment and say what the agent should know.

    \`maintainer\` cancelled the task. Nothing was published.
    Next: If it should be done after all, comment \`/orch retry tabcdefg\`.

    The branch feature is gone.
    Next: Once that is resolved, comment \`/orch retry tabcdefg\`.

    This is our fault, not your request's: The disk is full.
    Next: Nothing is wrong with your request. Once the worker host works again, comment \`/orch retry tabcdefg\`."
  `);
});

test("a terminal reads the words of GitHub, without the marks that keep Markdown from them", () => {
  for (const answer of [
    ...Object.values(answers),
    ...Object.values(outcomes).map((end) => why(settledTask(end), around)),
  ]) {
    const onGitHub = nextStep(answer, inMarkdown).replaceAll("\\", "");
    expect(onGitHub).toBe(nextStep(answer, inTerminal));
  }
});

test("every deadline that a run can miss has its sentence", () => {
  const answer = why(runningTask("working"), around);
  if (answer.state !== "running") throw new Error("it runs");
  const ofRuns = DEADLINES.filter((deadline) => deadline !== "waiting" && deadline !== "queued");
  for (const deadline of ofRuns)
    expect(whyWords({ ...answer, deadline: { deadline, at: now + 60_000 } }, now, inTerminal).at(-1)).toContain(
      "within 1m",
    );
  expect(whyWords({ ...answer, deadline: { deadline: "total", at: now } }, now, inTerminal).at(-1)).toMatch(
    /done now\.$/,
  );
});

test.each(PHASES)("%s: says since when", (phase) => {
  expect(whyWords(why(runningTask(phase), around), now, inTerminal)).toContain("In this phase for 2m.");
});

const task = taskView(settledTask(outcomes.verify_failed), hosts);
const needs: { [Kind in NeedKind]: Extract<Need, { kind: Kind }> } = {
  paused: { kind: "paused", by: "root", since: now - 240_000 },
  cannot_work: { kind: "cannot_work", host: { id: "h1", name: "builder-1" }, since: now - 300_000 },
  no_room: { kind: "no_room", host: { id: "h1", name: "builder-1" }, freeBytes: 3 * 1024 ** 2, wantedBytes: 1024 ** 3 },
  strained: { kind: "strained", host: { id: "h1", name: "builder-1" }, cpu: { percent: 93, mark: 80 } },
  host_silent: { kind: "host_silent", host: { id: "h1", name: "builder-1" }, since: now - 60_000, tasks: ["a", "b"] },
  in_doubt: { kind: "in_doubt", task: "taaaaaaaaaaaaaaa", doubt: "newer" },
  no_agent: { kind: "no_agent", agent: "claude", since: now - 3_000, tasks: ["a", "b"] },
  question: {
    kind: "question",
    task,
    question: { id: "q1a2b3c", short: "Which one?", askedAt: now, open: true },
    since: now - 60_000,
  },
  approval: { kind: "approval", task, proposal: "p3fa81c", since: now - 3_000 },
  to_review: { kind: "to_review", task, pull: { number: 39, url: "https://github.example/pull/39" }, since: now },
  refused: { kind: "refused", task, since: now },
  verify_failed: { kind: "verify_failed", task, since: now },
  over_limit: { kind: "over_limit", task, since: now },
  agent_setup: { kind: "agent_setup", task, since: now },
  repository_setup: { kind: "repository_setup", task, since: now },
};

test("everything that needs somebody says what and where", () => {
  const all = [...Object.values(needs), { kind: "no_agent" as const, since: now, tasks: ["a"] }];
  const said = all.map((need) => needWords(need, now, inTerminal));
  expect(said.join("\n")).toMatchInlineSnapshot(`
    "All work has been paused for 4m, by \`root\`: no task starts until \`orch resume\`.
    The worker host \`builder-1\` is alive and cannot work, for 5m: it takes no job. Run \`orch doctor\` there, and start it again.
    The worker host \`builder-1\` takes no task: 3 MB free on its disk, 1 GB wanted. Remove what you can spare there.
    The worker host \`builder-1\` takes no task: its processors are busy to 93 %, 80 % at most. End what you can spare there.
    The worker host \`builder-1\` has been silent for 1m and has 2 tasks: start it again, or another with the same agents.
    The record of task \`taaaaaaaaaaaaaaa\` is in doubt (newer): \`orch doctor\` says what to do.
    2 tasks wait for a worker host with the agent \`claude\`, the first for 3s: start one.
    octo-org/sample#7 (task \`tabcdefghijklmno\`) asks \`Which one?\` for 1m: answer there, with \`/orch answer q1a2b3c …\`.
    octo-org/sample#7 (task \`tabcdefghijklmno\`) has waited 3s for a word about its agent's proposal: \`/orch approve p3fa81c\` has it carried out.
    Pull request octo-org/sample#39 is ready, CI –: it has waited 0s for a review (task \`tabcdefghijklmno\`).
    octo-org/sample#7 (task \`tabcdefghijklmno\`) verification failed 0s ago: fix the failing tests
    octo-org/sample#7 (task \`tabcdefghijklmno\`) verification failed 0s ago: fix the failing tests
    octo-org/sample#7 (task \`tabcdefghijklmno\`) verification failed 0s ago: fix the failing tests
    octo-org/sample#7 (task \`tabcdefghijklmno\`) verification failed 0s ago: fix the failing tests. Its agent cannot sign in, or is not set up correctly.
    octo-org/sample#7 (task \`tabcdefghijklmno\`) verification failed 0s ago: fix the failing tests. \`setup\` in \`.github/orch.yml\` fails, so no agent was started.
    1 task waits for a worker host, for 0s: start one."
  `);
});

test("a run in a line: how it ended, where, by whom, and for how long", () => {
  const lost = { number: 1, host: "h1", startedAt: now - 60_000, endedAt: now, end: "lost" as const, progress: {} };
  const checked = { ...progress, verification, start: { how: "resumed" as const, task: "taaaaaaaaaaaaaaa" } };
  const runs = [lost, { number: 2, host: "h1", startedAt: now - 5_000, progress: checked }, { ...lost, host: "" }];
  expect(runs.map((run) => runWords(runView(run, hosts), now, inTerminal))).toMatchInlineSnapshot(`
    [
      "run 1: lost with its host, on builder-1, 1m",
      "run 2: at work, on builder-1, scripted model-1, resumed from taaaaaaaaaaaaaaa, check exited with 0 after 2 rounds, 5s",
      "run 1: lost with its host, 1m",
    ]
  `);
});

test("what was used: unknown is said, and is not nothing", () => {
  const used = (...all: object[]) =>
    spentWords(spentOn(all.map((shown) => runningTask("working", { progress: { agent: "a", ...shown } }))));
  expect(used()).toBeUndefined();
  expect([
    used({ inputTokens: 1_000, outputTokens: 1, costUsd: 0 }),
    used({}),
    used({ inputTokens: 5, costUsd: 0.5 }, {}),
  ]).toMatchInlineSnapshot(`
    [
      "1,000 tokens in, 1 token out, $0.00, in 1 run, by the agents' own count",
      "tokens unknown, cost unknown, in 1 run, by the agents' own count",
      "at least 5 tokens in, at least $0.50, in 2 runs, by the agents' own count",
    ]
  `);
});

test("where that is kept which a run left is said to whoever asked, and at the host by its folder, as long as it is there", () => {
  const kept = {
    kind: "workspace" as const,
    folder: "host/workspaces/tabcdefghijklmno",
    until: now + 2 * 24 * 3600_000,
  };
  const view = (checkpoint: object) => {
    const { runs, ...task } = settledTask(outcomes.verify_failed);
    return taskView({ ...task, runs: runs.map((run) => ({ ...run, checkpoint: checkpoint as Checkpoint })) }, hosts);
  };
  expect(keptFor(view({ ...kept, commits: 2 }), inMarkdown)).toBe(
    "Its workspace, with 2 commits of the agent, is kept on the worker host `builder-1` until 2026-01-04 (UTC); its operator finds it by `orch why tabcdefghijklmno`.",
  );
  expect(keptAt(view(kept), now, inTerminal)).toBe(
    "Its workspace is kept on the worker host `builder-1` for another 2d: `host/workspaces/tabcdefghijklmno` below its data folder.",
  );
  expect(keptAt(view(kept), kept.until, inTerminal)).toBeUndefined();
  for (const without of [view({ kind: "of a newer Orch", store: "x" }), taskView(settledTask(outcomes.refused))])
    expect([keptFor(without, inMarkdown), keptAt(without, now, inTerminal)]).toEqual([undefined, undefined]);
});
