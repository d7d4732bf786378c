import { describe, expect, test } from "vitest";
import { body } from "./comment-body.ts";
import { outcomes, PULL_TARGET, progress, pushed, settledTask, verification } from "./sample-tasks.ts";

describe("the receipt", () => {
  test("of a pull request has link, changes, verification, time and usage", () => {
    const done = settledTask(outcomes.pull_request, { pushed, progress: { ...progress, verification } });
    expect(body(done)).toMatchInlineSnapshot(`
      "### ✅ Done: pull request #8

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      The work is in pull request #8.

      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Time: 2m 3s
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count
      - Changes: 2 commits, 1 file, +10 −2 on \`orch/7-fix-the-failing-tests-tabcdefg\`
      - Verification: \`npm test\` passed (exit code 0, 2 rounds)
      - Agent's session: \`session-1\`

      **End of the agent's output**

      \`\`\`text
      Reading test/sum.test.js
      The sum is off by one.
      \`\`\`

      **Next:** Review it and mark it as ready, or write \`/orch\` and a request there: the work then continues on its branch."
    `);
  });

  test("of work on a pull request's own branch says that it was pushed here", () => {
    const task = settledTask({ ...outcomes.pull_request, number: 7 }, { pushed: { ...pushed, branch: "feature" } });
    expect(body({ ...task, spec: { ...task.spec, target: PULL_TARGET } })).toMatchInlineSnapshot(`
      "### ✅ Done: pushed to this pull request

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      2 commits went to \`feature\`, the branch of this pull request.

      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Time: 2m 3s
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count
      - Changes: 2 commits, 1 file, +10 −2 on \`feature\`
      - Verification: none, \`.github/orch.yml\` names no verify command
      - Agent's session: \`session-1\`

      **End of the agent's output**

      \`\`\`text
      Reading test/sum.test.js
      The sum is off by one.
      \`\`\`

      **Next:** Review the new commits. \`/orch\` and a request in your own words continues on this branch."
    `);
  });

  test("says when the asked-for branch had moved", () => {
    const task = settledTask(outcomes.pull_request, { pushed: { ...pushed, insteadOf: "feature" } });
    expect(body({ ...task, spec: { ...task.spec, target: PULL_TARGET } })).toContain(
      "Somebody pushed to `feature` while the agent worked. Nothing was overwritten",
    );
  });

  test("of a pull request opened by hand claims no work", () => {
    expect(body(settledTask(outcomes.pull_request))).toContain("A pull request for this task's branch is open: #8.");
  });

  test("of no changes", () => {
    expect(body(settledTask(outcomes.no_changes))).toMatchInlineSnapshot(`
      "### ➖ The agent changed nothing

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      The agent finished without changing anything, so there is no pull request. What it said may tell why.

      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Time: 2m 3s
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count
      - Agent's session: \`session-1\`

      **End of the agent's output**

      \`\`\`text
      Nothing to do.
      \`\`\`

      **Next:** Say more precisely what should change: \`/orch\` and the request, in a new comment."
    `);
  });

  test("of a failed agent", () => {
    expect(body(settledTask(outcomes.agent_failed))).toMatchInlineSnapshot(`
      "### ❌ The agent failed

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      The agent failed (exit code 1): It threw. Nothing was published.

      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Time: 2m 3s
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count
      - Agent's session: \`session-1\`

      **End of the agent's output**

      \`\`\`text
      Error: boom
      \`\`\`

      **Next:** To try again, comment \`/orch retry tabcdefg\`; a smaller or clearer request often helps."
    `);
  });

  test("of a failed verification", () => {
    expect(body(settledTask(outcomes.verify_failed))).toMatchInlineSnapshot(`
      "### ❌ The verify command fails

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      The agent made changes, but \`npm test\` still fails (exit code 1) after 2 rounds. Nothing was published.

      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Time: 2m 3s
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count
      - Verification: \`npm test\` failed (exit code 1, 2 rounds)
      - Agent's session: \`session-1\`

      **Output of the verify command**

      \`\`\`text
      1 failed
      \`\`\`

      **End of the agent's output**

      \`\`\`text
      It should work now.
      \`\`\`

      **Next:** Look at the output above, then give the command again in a new comment and say what the agent should know."
    `);
  });

  test("of a missed deadline", () => {
    expect(body(settledTask(outcomes.timed_out))).toMatchInlineSnapshot(`
      "### ⌛ Out of time

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      The agent printed nothing and did no work for 10m, so it was stopped. Nothing was published.

      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Time: 2m 3s
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count
      - Agent's session: \`session-1\`

      **End of the agent's output**

      \`\`\`text
      Compiling
      \`\`\`

      **Next:** To try again, comment \`/orch retry tabcdefg\`; the operator of the worker host can give it longer (\`limits\` in its file)."
    `);
  });

  test("of a spent budget", () => {
    expect(body(settledTask(outcomes.out_of_budget))).toMatchInlineSnapshot(`
      "### 🪙 Out of budget

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      The agent used up its budget: 50 turns were not enough. Nothing was published.

      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Time: 2m 3s
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count
      - Agent's session: \`session-1\`

      **End of the agent's output**

      \`\`\`text
      Turn 50
      \`\`\`

      **Next:** To try again, comment \`/orch retry tabcdefg\`; a smaller or clearer request often helps."
    `);
  });

  test("of a cancelled task", () => {
    expect(body(settledTask(outcomes.cancelled))).toMatchInlineSnapshot(`
      "### 🚫 Cancelled

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      \`maintainer\` cancelled the task. Nothing was published.

      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Time: 2m 3s
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count
      - Agent's session: \`session-1\`

      **End of the agent's output**

      \`\`\`text
      Reading test/sum.test.js
      The sum is off by one.
      \`\`\`

      **Next:** If it should be done after all, comment \`/orch retry tabcdefg\`."
    `);
  });

  test("of a refused task", () => {
    expect(body(settledTask(outcomes.refused))).toMatchInlineSnapshot(`
      "### ⛔ Not published

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      The branch feature is gone.

      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Time: 2m 3s
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count
      - Agent's session: \`session-1\`

      **End of the agent's output**

      \`\`\`text
      Reading test/sum.test.js
      The sum is off by one.
      \`\`\`

      **Next:** Once that is resolved, comment \`/orch retry tabcdefg\`."
    `);
  });

  test("of a host's failure", () => {
    expect(body(settledTask(outcomes.host_error))).toMatchInlineSnapshot(`
      "### ⚠️ Orch could not run this

      [maintainer](https://github.example/octo-org/sample/issues/7#issuecomment-70) asked:

      > fix the failing tests

      This is our fault, not your request's: The disk is full.

      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Time: 2m 3s
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count
      - Agent's session: \`session-1\`

      **End of the agent's output**

      \`\`\`text
      Reading test/sum.test.js
      The sum is off by one.
      \`\`\`

      **Next:** Nothing is wrong with your request. Once the worker host works again, comment \`/orch retry tabcdefg\`."
    `);
  });

  test("says for each of the agent's failures whose it is", () => {
    const reasons = ["auth", "config", "rate_limit", "server", "denied", "interrupted", "crash", "bad_request"];
    const sentences = reasons.map((reason) => {
      const text = body(settledTask({ ...outcomes.agent_failed, reason }));
      return `${reason}: ${text.split("\n").find((line) => line.includes("Nothing was published"))}`;
    });
    expect(sentences).toMatchInlineSnapshot(`
      [
        "auth: The agent could not sign in to its model provider (exit code 1): It threw. Nothing was published.",
        "config: The agent is not set up correctly on the worker host (exit code 1): It threw. Nothing was published.",
        "rate_limit: The agent's model provider takes no more requests for now (exit code 1): It threw. Nothing was published.",
        "server: The agent's model provider had an outage (exit code 1): It threw. Nothing was published.",
        "denied: The agent was not allowed to do something that it needed (exit code 1): It threw. Nothing was published.",
        "interrupted: Something outside of Orch stopped the agent (exit code 1): It threw. Nothing was published.",
        "crash: The agent failed (exit code 1): It threw. Nothing was published.",
        "bad_request: The agent's model provider refused a request as invalid (exit code 1): It threw. Nothing was published.",
      ]
    `);
  });

  test("says for each missed deadline what it was", () => {
    const deadlines = ["queued", "preparing", "first_output", "silence", "total", "verifying"] as const;
    const sentences = deadlines.map((deadline) => {
      const text = body(settledTask({ ...outcomes.timed_out, deadline }));
      return text.split("\n").find((line) => line.includes("Nothing was published"));
    });
    expect(sentences).toMatchInlineSnapshot(`
      [
        "No worker host took the task within 10m; that is our fault, not your request's. Nothing was published.",
        "The worker host could not prepare the workspace within 10m; that is our fault, not your request's. Nothing was published.",
        "The agent printed nothing after its start and did no work for 10m, so it was stopped. Nothing was published.",
        "The agent printed nothing and did no work for 10m, so it was stopped. Nothing was published.",
        "The agent was not done after 10m, so it was stopped. Nothing was published.",
        "The verify command did not end within 10m, so it was stopped. Nothing was published.",
      ]
    `);
  });

  test("says for each cancellation who or what it was", () => {
    const by = "maintainer";
    const reasons = [
      { kind: "command", by },
      { kind: "issue_closed", by },
      { kind: "taken_back", by },
      { kind: "repository_archived" },
      { kind: "installation_removed" },
    ] as const;
    const sentences = reasons.map((reason) => {
      const text = body(settledTask({ kind: "cancelled", reason }));
      return text.split("\n").find((line) => line.includes("Nothing was published"));
    });
    expect(sentences).toMatchInlineSnapshot(`
      [
        "\`maintainer\` cancelled the task. Nothing was published.",
        "\`maintainer\` closed the issue or pull request, so the task was stopped. Nothing was published.",
        "\`maintainer\` deleted the comment with the command, so the task was stopped. Nothing was published.",
        "The repository was archived, so the task was stopped. Nothing was published.",
        "The App no longer has access to this repository, so the task was stopped. Nothing was published.",
      ]
    `);
  });
});
