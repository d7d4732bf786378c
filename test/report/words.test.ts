import { expect, test } from "vitest";
import * as words from "../../src/report/words.ts";
import type { Task } from "../../src/task/task.ts";
import { conversation } from "../../src/views/conversation.ts";
import { why } from "../../src/views/why.ts";
import { around, outcomes, queuedTask, runningTask, settledTask, waitingReasons, waitingTask } from "./sample-tasks.ts";

const statusOf = (tasks: readonly Task[], inDoubt: string[] = []) =>
  words.status({
    tasks: tasks.map((task) => why(task, around)),
    conversation: conversation(tasks),
    inDoubt,
    now: around.now,
  });

const replies = [
  words.help(),
  words.refusedNoPermission("stranger"),
  words.forkNotYet(),
  words.fromDefaultBranch("main"),
  words.closed("issue"),
  words.closed("pull"),
  words.closed("pull", "topic"),
  words.cancelled(1),
  words.cancelled(2),
  words.nothingToCancel(),
  words.noSuchTask("tabcd"),
  words.didYouMean("cancel"),
  words.notAVerbYet("retry"),
  words.partOfQuote(),
  words.partOfHtml(),
  words.unreadable(),
  words.tooManyCommands(5),
  words.instructionTooLong(8_000),
];

test("every reply says what is the matter and what to do", () => {
  expect(replies).toMatchInlineSnapshot(`
    [
      "Write a line that starts with \`/orch\` in a comment on an issue or a pull request:

    - \`/orch fix the failing tests\` – any request in your own words. An agent works on it and comes back with a draft pull request; on a pull request it works on that pull request's branch.
    - \`/orch status\` – the tasks of this issue or pull request.
    - \`/orch cancel\` – stops the tasks of this issue or pull request that are not over; with a task's id, or its beginning, only that one. The id stands at the foot of the progress comment.
    - \`/orch help\` – this text.

    What you write below a request belongs to it. Several lines with \`/orch\` are several commands, at most ten in a comment. Lines in code blocks, quotes and HTML comments are ignored, and so are later edits of a comment. Commands are taken from people with write permission, and but for the title only texts by them reach the agent: quote below your request what else it should know.",
      "@stranger, I work only for people with write permission to this repository, and as far as GitHub tells me you have none. Have a maintainer ask for it.",
      "This pull request comes from a fork. I cannot push to a fork, and I do not yet run a fork's code on the worker hosts, so I have not started. Push the branch to this repository, open a pull request from there, and ask again.",
      "The branch of this pull request, \`main\`, is the repository's default branch. I never push there, so I have not started. Ask on an issue instead: the work then comes as a pull request of its own, for you to review.",
      "This issue is closed, so I have not started. Reopen it and ask again.",
      "This pull request is closed, so I have not started. Reopen it and ask again.",
      "This pull request is closed and its branch \`topic\` does not exist any more, so I have not started. Restore the branch, reopen the pull request and ask again, or ask on an open one.",
      "The task is being cancelled. Its progress comment tells when that is done.",
      "2 tasks are being cancelled. Their progress comments tell when that is done.",
      "There is nothing to cancel: no task of this issue or pull request is queued or running.",
      "No task of this issue or pull request has an id that begins with \`tabcd\`, so I have cancelled nothing and started nothing. \`/orch status\` shows the ids; if you meant it as a request, say it in a few more words.",
      "Did you mean \`/orch cancel\`? I have not started anything. If you meant it as a request, say it in a few more words; \`/orch help\` shows what I understand.",
      "\`/orch retry\` means nothing to me yet, and I have not started anything. If you meant it as a request, say it in a few more words; \`/orch help\` shows what I understand.",
      "GitHub shows your command as part of the quote above it, so I have not carried it out. Put an empty line between the quote and the command.",
      "GitHub takes your command for a part of the HTML above it, which goes on to the next empty line, so I have not carried it out. Put an empty line above the command.",
      "This comment is too long or too deeply nested for me to read, so I have not carried out anything. Give the command in a shorter comment.",
      "That is more than 5 commands in one comment, so I have carried out none of them. Spread them over several comments.",
      "That request is longer than 8,000 characters, so I have not started. Say it in fewer words, or put the details on the lines below the command.",
    ]
  `);
});

test("no reply has a line that is a command itself", () => {
  for (const reply of [...replies, statusOf([queuedTask({ instruction: "/orch x" })])]) {
    expect(reply).not.toMatch(/^[\s>]*\/orch/im);
  }
});

test("a name that is no login pings nobody", () => {
  expect(words.refusedNoPermission("a @team")).toMatch(/^`a @\u200bteam`, I work/);
});

test("status lists the newest task first, with a word for every state and outcome", () => {
  const settled = Object.values(outcomes).map((outcome) => settledTask(outcome));
  const tasks = [queuedTask(), runningTask("verifying"), ...settled].map((task, index) => ({
    ...task,
    spec: { ...task.spec, acceptedAt: index, instruction: `request ${index}` },
  }));
  expect(statusOf(tasks)).toMatchInlineSnapshot(`
    "- **could not run 0s ago** – request 10 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **refused 0s ago** – request 9 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **cancelled 0s ago** – request 8 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **out of budget 0s ago** – request 7 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **timed out 0s ago** – request 6 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **verification failed 0s ago** – request 5 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **agent failed 0s ago** – request 4 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **no changes 0s ago** – request 3 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **pull request 0s ago** – request 2 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **verifying on builder\\-1 for 2m** – request 1 (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - … and 1 older.

    Pull requests: #8. Used: 123,450 tokens in, 6,780 tokens out, $1.23, in 10 runs, by the agents' own count."
  `);
});

test("status without tasks says how to begin", () => {
  expect(statusOf([])).toContain("No task has been given here yet");
});

test("status says what a task waits for, what came of all, and of which record nothing is known", () => {
  const tasks = [waitingTask(...Object.values(waitingReasons)), queuedTask(), settledTask(outcomes.pull_request)];
  expect(statusOf(tasks, ["tccccccccccccccc"])).toMatchInlineSnapshot(`
    "- **waiting for 2m 3s** – fix the failing tests (task \`tabcdefghijklmno\`, by \`maintainer\`). It starts when task \`taaaaaaaaaaaaaaa\` is over: both work on this pull request's branch, one after the other. It starts as soon as a connected worker host offers the agent \`claude\`, which none does at the moment: the operator of this App has to see to that.
    - **queued for 2m 3s** – fix the failing tests (task \`tabcdefghijklmno\`, by \`maintainer\`). The next free slot takes the task (2 slots on 1 worker host).
    - **pull request 0s ago** – fix the failing tests (task \`tabcdefghijklmno\`, by \`maintainer\`)
    - **in doubt** – the record of task \`tccccccccccccccc\` is newer than this Orch or cannot be read; \`orch doctor\` tells the operator of this App what to do.

    Pull requests: #8. Used: 12,345 tokens in, 678 tokens out, $0.12, in 1 run, by the agents' own count."
  `);
});
