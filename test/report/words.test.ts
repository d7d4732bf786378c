import { expect, test } from "vitest";
import type { Misunderstanding } from "../../src/command/command.ts";
import type { SettingProblem } from "../../src/command/settings.ts";
import { SETTING_NAMES } from "../../src/command/verbs.ts";
import { explain } from "../../src/report/misunderstood-words.ts";
import * as words from "../../src/report/words.ts";
import type { Task } from "../../src/task/task.ts";
import { conversation } from "../../src/views/conversation.ts";
import { taskView } from "../../src/views/task-view.ts";
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
  words.noTaskToTellOf(undefined),
  words.noTaskToTellOf("tabcd"),
  words.nothingToRetry(undefined),
  words.nothingToRetry("tabcd"),
  words.stillOpen("tabcdefghijklmno"),
  words.noSuchBranch("release-2"),
  words.baseOnPull(),
  words.noSuchAgent("codex", ["claude", "gemini"]),
  words.detailsCut(1_234),
  words.tooManyCommands(5),
];

/** Each once, so that the compiler asks for a new one. */
const reasons: { [Kind in Misunderstanding["kind"]]: Extract<Misunderstanding, { kind: Kind }>[] } = {
  mistyped: [{ kind: "mistyped", verb: "cancel" }],
  reserved: [{ kind: "reserved", word: "resume" }],
  undo: [{ kind: "undo", word: "revert" }],
  chat: (["thanks", "hello", "noted"] as const).map((about) => ({ kind: "chat", about })),
  one_word: [{ kind: "one_word", word: "banana" }],
  setting: (
    [
      { what: "unknown", key: "x" },
      { what: "unknown", key: "prio", near: "priority" },
      { what: "twice", key: "agent" },
      ...SETTING_NAMES.map((key) => ({ what: "value" as const, key, value: "a`b" })),
      { what: "unclosed", key: "model" },
      { what: "form", key: "agent" },
      { what: "behind", key: "base" },
      { what: "no_request" },
      { what: "not_for", verb: "cancel" },
    ] satisfies SettingProblem[]
  ).map((problem) => ({ kind: "setting", problem })),
  too_long: [{ kind: "too_long" }],
  spelling: [{ kind: "spelling" }],
  quoted: [{ kind: "quoted" }],
  in_html: [{ kind: "in_html" }],
  in_table: [{ kind: "in_table" }],
  in_footnote: [{ kind: "in_footnote" }],
  unreadable: [{ kind: "unreadable" }],
};
const explanations = Object.values(reasons).flatMap((each) => each.map(explain));

test("whatever is not carried out is told why, and what to write instead", () => {
  expect(explanations).toMatchInlineSnapshot(`
    [
      "Did you mean \`/orch cancel\`? I have not started anything. If you meant it as a request, say it in a few more words; \`/orch help\` shows what I understand.",
      "\`/orch resume\` means nothing to me yet: the word is kept for later, and I have not started anything. If you meant it as a request, say it in a few more words; \`/orch help\` shows what I understand.",
      "\`/orch revert\` cannot be done: what I have pushed stays until somebody closes the pull request or reverts its commits on GitHub. \`/orch cancel\` stops tasks that are not over. I have not started anything. If you meant it as a request, say it in a few more words; \`/orch help\` shows what I understand.",
      "You are welcome. I have not started anything; \`/orch help\` shows what I understand.",
      "Hello, I am here. \`/orch\` and a request in your own words starts a task, \`/orch status\` shows those that there are, \`/orch help\` tells more. I have not started anything.",
      "Noted, but I take no answers yet, and I have not started anything. \`/orch help\` shows what I understand.",
      "One word is too little for me to start on: \`banana\`. I have not started anything. If you meant it as a request, say it in a few more words; \`/orch help\` shows what I understand.",
      "\`x=\` is not a setting of mine, so I have not started. There are: \`agent=\`, \`model=\`, \`base=\`, \`priority=\`. If it belongs to your request, put another word, or code marks, before it.",
      "\`prio=\` is not a setting of mine, so I have not started. Did you mean \`priority=\`? There are: \`agent=\`, \`model=\`, \`base=\`, \`priority=\`. If it belongs to your request, put another word, or code marks, before it.",
      "\`agent=\` stands there twice, so I have not started. Give it once.",
      "\`\`a\`b\`\` cannot be the value of \`agent=\`, so I have not started. It takes a name of up to 32 of a-z, 0-9 and -, starting with a letter.",
      "\`\`a\`b\`\` cannot be the value of \`model=\`, so I have not started. It takes up to 100 letters, digits and . _ : / @ + - [ ], starting with a letter or a digit; with blanks in quotes: \`model="a b"\`.",
      "\`\`a\`b\`\` cannot be the value of \`base=\`, so I have not started. It takes the name of a branch of this repository.",
      "\`\`a\`b\`\` cannot be the value of \`priority=\`, so I have not started. It takes \`low\`, \`normal\` or \`high\`.",
      "The value of \`model=\` begins with a quotation mark, and I do not see where it ends, so I have not started. Close it, and put a blank behind it: \`model="…" and the request\`.",
      "Do you mean the setting \`agent=\`? I have not started. It is written \`/orch agent=claude and the request\`. If the word belongs to your request, put another word before it.",
      "\`base=\` stands behind your request, and I cannot tell whether it belongs to it, so I have not started. Settings stand before the request: \`/orch base=release-2 and the request\`. If it is part of the request, put a full stop and another word behind it.",
      "You have set something, but there is no request behind it, so I have not started. Write the request on the same line, in your own words.",
      "\`/orch cancel\` takes no settings, so I have not carried it out. Write it without them.",
      "That request is longer than 4,000 characters, so I have not started. Say it in fewer words, or put the details on the lines below the command.",
      "That looks like a command for me, and I have not carried it out: a command is a line that begins with \`/orch\` and a blank, with no list marker, heading, bold type or other mark before it. If you meant it, write it in a new comment; if you only told of it, put it into code marks.",
      "GitHub shows your command as part of the quote above it, so I have not carried it out. Put an empty line between the quote and the command.",
      "GitHub takes your command for a part of the HTML above it, which goes on to the next empty line, or to its closing tag (\`</details>\`), so I have not carried it out. Put an empty line above the command.",
      "GitHub shows your command as a row of the table above it, so I have not carried it out. Put an empty line between the table and the command.",
      "GitHub shows your command as part of the footnote above it, so I have not carried it out. Put an empty line between the footnote and the command.",
      "This comment is too long or too deeply nested for me to read, so I have not carried out anything. Give the command in a shorter comment.",
    ]
  `);
});

test("every reply says what is the matter and what to do", () => {
  expect(replies).toMatchInlineSnapshot(`
    [
      "Write a line that starts with \`/orch\` in a comment on an issue or a pull request:

    - \`/orch fix the failing tests\` – any request in your own words. An agent works on it and comes back with a draft pull request; on a pull request it works on that pull request's branch.
    - \`/orch status\` – lists the tasks of this issue or pull request.
    - \`/orch why\` – says why a task is not over, or why it ended as it did.
    - \`/orch logs\` – shows the last lines of what a task's agent says and does. Also: \`log\`.
    - \`/orch retry\` – does a task once more, as a new task with the same request; settings may change, e.g. \`retry agent=NAME\`.
    - \`/orch cancel\` – stops the tasks of this issue or pull request that are not over; with an id only that one. Also: \`stop\`, \`abort\`, \`halt\`, \`kill\`.
    - \`/orch help\` – shows this text. Also: \`?\`, \`-h\`, \`--help\`.

    Settings stand before the request, or behind \`retry\`, as in \`/orch agent=claude base=release-2 fix the failing tests\`:

    - \`agent=claude\` – which of the operator's agents works on it, whatever \`.github/orch.yml\` says.
    - \`model=opus\` – which model that agent uses, by the name that its program knows.
    - \`base=release-2\` – on an issue: the branch that the work starts from and is to be merged into, in place of the default branch.
    - \`priority=high\` – \`low\`, \`normal\` or \`high\`: how soon it gets a free slot, compared with the other tasks that wait.

    Where several tasks could be meant, the newest is; another one by its id, or the beginning of it, behind the word, e.g. \`/orch why tab2c\`. The id stands at the foot of the progress comment. What you write below a request belongs to it. Several lines with \`/orch\` are several commands, at most ten in a comment. Lines in code, quotes, tables, HTML comments and collapsed sections are ignored, and so are later edits of a comment. Commands are taken from people with write permission, and but for the title only texts by them reach the agent: quote below your request what else it should know.",
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
      "No task has been given here yet. \`/orch\` and a request in your own words starts one; \`/orch help\` shows more.",
      "No task of this issue or pull request has an id that begins with \`tabcd\`. \`/orch status\` shows the ids; if you meant it as a request, say it in a few more words.",
      "There is nothing to do again. No task has been given here yet. \`/orch\` and a request in your own words starts one; \`/orch help\` shows more.",
      "No task of this issue or pull request has an id that begins with \`tabcd\`, so I have started nothing. \`/orch status\` shows the ids; if you meant it as a request, say it in a few more words.",
      "Task \`tabcdefghijklmno\` is not over yet, so I have not started it again. \`/orch why\` says how it stands; \`/orch cancel\` stops it.",
      "This repository has no branch \`release-2\`, so I have not started. Create it, or ask again with the name of one that there is.",
      "A pull request has its base already, and the work goes to its own branch, so \`base=\` is not possible here and I have not started. Ask again without it, or on an issue.",
      "No worker host has offered the agent \`codex\` within the last seven days, so I have not started. There are: \`claude\`, \`gemini\`. Name one of them, by \`agent=\` before the request or in \`.github/orch.yml\`, or have the operator of this App set that one up, and ask again.",
      "What you wrote below your request is too long for me: the last 1,234 characters of it do not reach the agent. It has started with the rest. If the end matters, cancel the task and put the long part into a file or a link.",
      "That is more than 5 commands in one comment, so I have carried out none of them. Spread them over several comments.",
    ]
  `);
});

test("no reply has a line that is a command itself", () => {
  for (const reply of [...replies, ...explanations, statusOf([queuedTask({ instruction: "/orch x" })])]) {
    expect(reply).not.toMatch(/^[\s>]*\/orch/im);
  }
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

test("why says how a task stands, what its end rests on, and what to do next", () => {
  const now = around.now;
  expect(words.why({ answer: why(queuedTask(), around), now })).toMatchInlineSnapshot(`
    "Task \`tabcdefghijklmno\`, **queued for 2m 3s**: fix the failing tests

    The next free slot takes the task (2 slots on 1 worker host). If nothing changes, it ends as timed out in 23h 57m."
  `);
  expect(words.why({ answer: why(settledTask(outcomes.verify_failed), around), now })).toMatchInlineSnapshot(`
    "Task \`tabcdefghijklmno\`, **verification failed 0s ago**: fix the failing tests

    The work failed: the agent committed changes, but \`npm test\` still exits with 1 after 2 rounds. Nothing was published.

    <details><summary>Output of the verify command</summary>

    \`\`\`text
    1 failed
    \`\`\`

    </details>

    <details><summary>The agent's last words</summary>

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

    \`\`\`text
    I read the tests.
    › Bash npm test
    /​orch break it @​octocat </details>
    \`\`\`

    </details>"
  `);
  expect(words.logs({ task, lines: [], now: around.now })).toMatch(/has said nothing so far\.$/);
  const long = words.logs({ task, lines: Array.from({ length: 500 }, (_, index) => `line ${index}`), now: around.now });
  expect(long).not.toContain("line 439\n");
  expect(long).toContain("line 440\n");
});
