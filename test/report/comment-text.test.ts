import { describe, expect, test } from "vitest";
import { renderComment } from "../../src/report/comment-text.ts";
import { PHASES } from "../../src/task/task.ts";
import { body } from "./comment-body.ts";
import { around, outcomes, progress, pushed, queuedTask, runningTask, settledTask } from "./sample-tasks.ts";

describe("the progress comment", () => {
  test("of a queued task says what it waits for and how to talk to the bot", () => {
    expect(renderComment(queuedTask(), around)).toMatchInlineSnapshot(`
      "### ⏳ Queued

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      **Next:** The next free slot takes the task (2 slots on 1 worker host).

      <details><summary>How to talk to me</summary>

      In a comment here, at the beginning of a line:

      - \`/orch\` and a request in your own words starts a task
      - \`/orch status\` lists the tasks, \`/orch cancel\` stops them, \`/orch retry\` does the last one again, \`/orch help\` tells more

      On the worker host, \`orch attach tabcdefghijklmno\` shows the agent at work.

      </details>

      <sub>Task \`tabcdefghijklmno\`</sub>"
    `);
  });

  test("tells of a request's details by three dots only", () => {
    const text = body(queuedTask({ details: "Keep the API." }));
    expect(text).toContain("\n\n> fix the failing tests …\n\n");
    expect(text).not.toContain("Keep the API");
  });

  test("says so when no worker host is connected", () => {
    expect(body(queuedTask(), { ...around, hosts: [] })).toContain("No worker host is connected");
  });

  test("of a running task shows phase, host, agent, time, usage and the agent's last lines", () => {
    expect(body(runningTask("working"))).toMatchInlineSnapshot(`
      "### ⚙️ The agent is working

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      - [x] Prepare the workspace
      - [ ] **Run the agent**
      - [ ] Verify the result
      - [ ] Publish the branch and open the pull request

      - Worker host: \`builder-1\`
      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Time: 2m 3s when this was written
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count
      - Agent's session: \`session-1\`

      **The agent says**

      \`\`\`text
      Reading test/sum.test.js
      The sum is off by one.
      \`\`\`

      **Next:** When the agent is done, its commits are verified and become a pull request."
    `);
  });

  test("checks off every phase that is done", () => {
    const lists = PHASES.map((phase) => body(runningTask(phase)).match(/^- \[.*$/gm));
    expect(lists).toMatchInlineSnapshot(`
      [
        [
          "- [ ] **Prepare the workspace**",
          "- [ ] Run the agent",
          "- [ ] Verify the result",
          "- [ ] Publish the branch and open the pull request",
        ],
        [
          "- [x] Prepare the workspace",
          "- [ ] **Run the agent**",
          "- [ ] Verify the result",
          "- [ ] Publish the branch and open the pull request",
        ],
        [
          "- [x] Prepare the workspace",
          "- [x] Run the agent",
          "- [ ] **Verify the result**",
          "- [ ] Publish the branch and open the pull request",
        ],
        [
          "- [x] Prepare the workspace",
          "- [x] Run the agent",
          "- [x] Verify the result",
          "- [ ] **Publish the branch and open the pull request**",
        ],
      ]
    `);
  });

  test("says in every phase what comes next", () => {
    const next = PHASES.map((phase) => body(runningTask(phase)).match(/^\*\*Next:.*$/m)?.[0]);
    expect(next).toMatchInlineSnapshot(`
      [
        "**Next:** The agent starts as soon as its workspace is ready.",
        "**Next:** When the agent is done, its commits are verified and become a pull request.",
        "**Next:** If the verify command passes, the commits are published; if not, the agent gets its output and tries again.",
        "**Next:** The commits are checked, pushed and opened as a pull request.",
      ]
    `);
  });

  test("says that a cancelled run is being stopped, unless its branch is out already", () => {
    const cancel = { kind: "command" as const, by: "maintainer" };
    expect(body(runningTask("working", { cancel }))).toContain("### ⚙️ Stopping");
    expect(body(runningTask("publishing", { cancel, pushed }))).toContain("### ⚙️ Publishing");
  });

  test("warns in progress and receipt when the agent is not confined", () => {
    const loose = { progress: { ...progress, sandbox: "none" as const } };
    expect(body(runningTask("working", loose))).toContain("> [!WARNING]\n> The agent runs without confinement");
    for (const outcome of Object.values(outcomes)) {
      expect(body(settledTask(outcome, loose))).toContain("> [!WARNING]");
    }
  });

  test("tells that a worker host was lost on the way", () => {
    expect(body(runningTask("working", { crashes: [1, 2], epoch: 3 }))).toContain("was lost 2 times");
  });

  test("never has a line that is a command", () => {
    const tasks = [
      queuedTask(),
      ...PHASES.map((phase) => runningTask(phase)),
      ...Object.values(outcomes).map((o) => settledTask(o)),
    ];
    for (const task of tasks) expect(renderComment(task, around)).not.toMatch(/^[\s>]*\/orch/im);
  });
});
