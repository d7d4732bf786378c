import { expect, test } from "vitest";
import * as words from "../../src/report/replies.ts";
import type { Task } from "../../src/task/task.ts";
import { conversation } from "../../src/views/conversation.ts";
import { taskView } from "../../src/views/task-view.ts";
import { why } from "../../src/views/why.ts";
import { around, outcomes, queuedTask, runningTask, settledTask, waitingReasons, waitingTask } from "./sample-tasks.ts";

const statusOf = (tasks: readonly Task[], inDoubt: string[] = []) =>
  words.status({
    tasks: tasks.map((task) => why(task, around)),
    conversation: conversation(tasks),
    budget: [],
    inDoubt,
    now: around.now,
  });

test("no reply has a line that is a command itself", () => {
  expect(statusOf([queuedTask({ instruction: "/orch x" })])).not.toMatch(/^[\s>]*\/orch/im);
});

test("a name that is no login pings nobody", () => {
  expect(words.refusedNoPermission("a @team")).toMatch(/^<code>a &commat;team<\/code>, I/);
});

test("status lists the newest task first, with a word for every state and outcome", () => {
  const settled = Object.values(outcomes).map((outcome) => settledTask(outcome));
  const tasks = [queuedTask(), runningTask("verifying"), ...settled].map((task, index) => ({
    ...task,
    spec: { ...task.spec, acceptedAt: index, instruction: `request ${index}` },
  }));
  expect(statusOf(tasks)).toMatchInlineSnapshot(`
    "- **could not run 0s ago** – request 14 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **refused 0s ago** – request 13 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **cancelled 0s ago** – request 12 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **stalled 0s ago** – request 11 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **stopped at a limit 0s ago** – request 10 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **out of budget 0s ago** – request 9 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **timed out 0s ago** – request 8 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **verification failed 0s ago** – request 7 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **agent failed 0s ago** – request 6 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **no changes 0s ago** – request 5 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - … and 5 older.

    Pull requests: #8. Used: 172,830 tokens in, 9,492 tokens out, $1.73, in 14 runs, by the agents' own count."
  `);
});

test("status without tasks says how to begin", () => {
  expect(statusOf([])).toContain("There are no tasks here yet");
});

test("status says what a task waits for, what came of all, and of which record nothing is known", () => {
  const tasks = [waitingTask(...Object.values(waitingReasons)), queuedTask(), settledTask(outcomes.pull_request)];
  expect(statusOf(tasks, ["tccccccccccccccc"])).toMatchInlineSnapshot(`
    "- **waiting for 2m 3s** – fix the failing tests (task \`tabcdefghijklmno\`, by \`maintainer\`). It starts when task \`taaaaaaaaaaaaaaa\` is over: both work on this pull request's branch, one after the other. No connected worker host has the agent \`claude\`. It starts as soon as the operator of this App has started one that does. The account of the agent \`claude\` has used up what its model provider grants it for now. The task goes on in the same session in less than 1h, at 2026-01-02 04:04 UTC; nothing has to be done for that. Its team is at work on the nodes of its plan. It goes on when all of them are over, or when something comes up that they cannot solve. Its agent has made a proposal. \`/orch approve p3fa81c\` has it carried out in the same session; \`/orch plan p3fa81c\` and what should be different asks for another one; \`/orch cancel\` ends it. Without a word by 2026-01-09 03:04 UTC, it ends. What all tasks together may use in a day, counted in dollars, is used up or set aside by tasks that run. It starts when there is room again, after midnight (UTC) at the latest if the new day's suffices, or when the operator of this App raises it (\`budget.day\`). Its agent asks question \`q1a2b3c\`. \`/orch answer\` and the answer lets it go on in the same session; without an answer by 2026-01-03 03:04 UTC, the agent decides by itself.
    - **queued for 2m 3s** – fix the failing tests (task \`tabcdefghijklmno\`, by \`maintainer\`). The next free slot takes the task (2 slots on 1 worker host).
    - **pull request 0s ago** – fix the failing tests (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **in doubt** – the record of task \`tccccccccccccccc\` is newer than this Orch or cannot be read; \`orch doctor\` tells the operator of this App what to do.

    Pull requests: #8. Used: 12,345 tokens in, 678 tokens out, $0.12, in 1 run, by the agents' own count."
  `);
});

test("why says how a task stands, what its end rests on, and what to do next", () => {
  const now = around.now;
  expect(words.why({ answer: why(queuedTask(), around), now })).toMatchInlineSnapshot(`
    "Task \`tabcdefghijklmno\`, **queued for 2m 3s**: fix the failing tests

    The next free slot takes the task (2 slots on 1 worker host). If nothing changes, it ends as timed out in 23h 57m."
  `);
  expect(words.why({ answer: why(settledTask(outcomes.verify_failed), around), now })).toMatchInlineSnapshot(`
    "Task \`tabcdefghijklmno\`, **verification failed 0s ago**: fix the failing tests

    The agent made changes, but \`npm test\` still fails (exit code 1) after 2 rounds. Nothing was published.

    <details><summary>Output of the verify command</summary>

    \`\`\`text
    1 failed
    \`\`\`

    </details>

    <details><summary>End of the agent's output</summary>

    \`\`\`text
    It should work now.
    \`\`\`

    </details>

    **Next:** Look at the output above, then give the command again in a new comment and say what the agent should know."
  `);
});

test("logs are the last lines of a task, folded, with nothing in them that acts", () => {
  const task = taskView(runningTask("working"));
  const lines = ["I read the tests.", "› Bash npm test", "/orch break it @octocat </details>"];
  expect(words.logs({ task, lines, now: around.now })).toMatchInlineSnapshot(`
    "Task \`tabcdefghijklmno\`, **working on h1 for 2m**: fix the failing tests

    <details><summary>Last lines</summary>

    <pre>I read the tests.
    › Bash npm test
    &sol;orch break it &commat;octocat &lt;&sol;details&gt;</pre>

    </details>"
  `);
  expect(words.logs({ task, lines: [], now: around.now })).toMatch(/has said nothing so far\.$/);
  const long = words.logs({ task, lines: Array.from({ length: 500 }, (_, index) => `line ${index}`), now: around.now });
  expect(long).not.toContain("line 439\n");
  expect(long).toContain("line 440\n");
});
