import { describe, expect, test } from "vitest";
import type { ApiFaultAction } from "../../simulator/faults.ts";
import { branchOf } from "../../src/task/branch.ts";
import type { Finish } from "../../src/task/finish.ts";
import { MAINTAINER, startReportingForFile } from "./reporting.ts";
import { progress, verification } from "./sample-tasks.ts";

const world = await startReportingForFile();

const outcomeOf = async (id: string) => {
  const state = (await world.store.read(id))?.state;
  return state?.name === "settled" ? state.outcome : state;
};

describe("a pushed branch", () => {
  test("becomes a draft pull request that says what was asked, by whom, and what it rests on", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.claim(spec.id);
    const words = { ...progress, verification, lastLines: "Done. fixes #99 @octo-org/all" };
    await world.store.advance(spec.id, { name: "progress", epoch: 1, progress: words, at: world.now() });
    const sha = await world.push(repo, spec);
    await world.reporter().report(spec.id);
    const [pull] = world.simulator.state.pulls(repo);
    expect(pull).toMatchObject({
      title: "Fix the failing tests",
      pull: { draft: true, headSha: sha, baseRef: "main" },
    });
    const body = pull?.body
      ?.replaceAll(world.simulator.url, "URL")
      .replaceAll(spec.id, "TASK")
      .replaceAll(spec.id.slice(0, 8), "SHORT");
    expect(body).toMatchInlineSnapshot(`
      "[maintainer](URL/octo-org/sample-1/issues/1#issuecomment-3100000001) asked in #1:

      > fix the failing tests

      Refs #1

      ### End of the agent's output

      <pre>Done. fixes &num;99 &commat;octo-org&sol;all</pre>

      ### Evidence

      - Changes: 2 commits, 1 file, +10 −2 on \`orch/1-fix-the-failing-tests-SHORT\`
      - Verification: \`npm test\` passed (exit code 0, 2 rounds)
      - Agent: \`scripted\`, model \`model-1\`, sandbox \`bwrap\`
      - Usage: 12,345 tokens in, 678 tokens out, $0.12 by the agent's own count

      This is a draft: review it, and mark it as ready when you are satisfied. <sub>Task \`TASK\`</sub>"
    `);
    expect(await outcomeOf(spec.id)).toMatchObject({ kind: "pull_request", number: pull?.number, sha });
    expect(world.comments(spec)[0]).toContain(`Done: pull request #${pull?.number}`);
    expect(world.reactions(spec)).toEqual(["hooray"]);
    expect(world.labels(spec)).toEqual(["orch:done"]);
    expect(world.simulator.state.checkRuns(repo, sha)).toMatchObject([{ conclusion: "success", externalId: spec.id }]);
  });

  test("whose pull request somebody opened by hand adopts it", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.push(repo, spec);
    const head = branchOf(spec);
    const { number } = await world.simulator.openPull(repo, { ...MAINTAINER, title: "By hand", head, base: "main" });
    await world.reporter().report(spec.id);
    expect(await outcomeOf(spec.id)).toMatchObject({ kind: "pull_request", number });
    expect(world.simulator.state.pulls(repo)).toHaveLength(1);
  });

  test("onto a default branch that was renamed meanwhile gets its pull request onto the new name", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.push(repo, spec);
    await world.simulator.renameBranch(repo, "main", "trunk");
    await world.reporter().report(spec.id);
    expect(await outcomeOf(spec.id)).toMatchObject({ kind: "pull_request" });
    expect(world.simulator.state.pulls(repo)).toMatchObject([{ pull: { baseRef: "trunk" } }]);
  });

  test("gets one pull request from two bots at once", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.push(repo, spec);
    await Promise.all([world.reporter().report(spec.id), world.reporter().report(spec.id)]);
    expect(world.simulator.state.pulls(repo)).toHaveLength(1);
    expect(await outcomeOf(spec.id)).toMatchObject({ kind: "pull_request" });
    expect(await world.isReported(spec.id)).toBe(true);
  });

  test("whose pull request somebody closed is left alone and told so", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.push(repo, spec);
    const head = branchOf(spec);
    const { number } = await world.simulator.openPull(repo, { ...MAINTAINER, title: "By hand", head, base: "main" });
    await world.simulator.closePull(repo, number, MAINTAINER);
    await world.reporter().report(spec.id);
    expect(await outcomeOf(spec.id)).toMatchObject({ kind: "refused" });
    expect(world.comments(spec)[0]).toContain("was closed by hand, so it is not opened again");
    expect(world.simulator.state.issue(repo, number)?.state).toBe("closed");
  });

  test("whose pull request is merged already is done", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.push(repo, spec);
    const head = branchOf(spec);
    const { number } = await world.simulator.openPull(repo, { ...MAINTAINER, title: "By hand", head, base: "main" });
    await world.simulator.mergePull(repo, number, MAINTAINER);
    await world.reporter().report(spec.id);
    expect(await outcomeOf(spec.id)).toMatchObject({ kind: "pull_request", number });
  });

  test("that was deleted before its pull request ends the task with GitHub's reason", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.push(repo, spec);
    await world.simulator.deleteBranch(repo, branchOf(spec));
    await world.reporter().report(spec.id);
    expect(await outcomeOf(spec.id)).toMatchObject({ kind: "refused" });
    expect(world.comments(spec)[0]).toContain("GitHub does not let a pull request be opened for it");
    expect(await world.isReported(spec.id)).toBe(true);
  });

  test("waits for its pull request while GitHub is down", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.push(repo, spec);
    const fault = world.simulator.faults.api({
      times: 1,
      match: { method: "POST", path: /\/pulls$/ },
      action: { status: 503 },
    });
    const { report } = world.reporter();
    await report(spec.id);
    expect(fault.fired).toBe(1);
    expect(await outcomeOf(spec.id)).toMatchObject({ name: "running" });
    expect(await world.isReported(spec.id)).toBe(false);
    await report(spec.id);
    expect(await outcomeOf(spec.id)).toMatchObject({ kind: "pull_request" });
  });

  test("becomes an ordinary pull request where there are no drafts", async () => {
    const repo = await world.repository();
    const spec = await world.task(repo);
    await world.push(repo, spec);
    const message = "Draft pull requests are not supported in this repository.";
    const fault = world.simulator.faults.api({
      times: 1,
      match: { method: "POST", path: /\/pulls$/ },
      action: { status: 422, body: { message, documentation_url: "https://docs.example" } },
    });
    await world.reporter().report(spec.id);
    expect(fault.fired).toBe(1);
    const [pull] = world.simulator.state.pulls(repo);
    expect(pull?.pull.draft).toBe(false);
    // A draft is called one only where it is one.
    expect(pull?.body).not.toMatch(/draft|ready/);
    expect(pull?.body).toContain("No person has reviewed this yet");
    expect(await outcomeOf(spec.id)).toMatchObject({ kind: "pull_request", draft: false });
    expect(world.comments(spec)[0]).not.toMatch(/draft|mark it ready/);
  });
});

describe("what a pull request is called and says", () => {
  const said = async (instruction: string, summary?: string, title?: string, finish?: Finish) => {
    const repo = await world.repository();
    const spec = await world.task(repo, { instruction, ...(title !== undefined && { title }) });
    await world.push(repo, spec, undefined, summary, finish);
    await world.reporter().report(spec.id);
    const pull = world.simulator.state.pulls(repo)[0];
    return { title: pull?.title, body: pull?.body ?? "" };
  };

  test("the agent's own title and summary, where it gives them", async () => {
    const { title, body } = await said("fix the failing tests", "Start the sum at zero\n\nIt started at `1`.");
    expect(title).toBe("Start the sum at zero");
    expect(body).toContain("### Summary by the agent\n\nIt started at `1`.");
    expect(body).not.toContain("End of the agent's output");
  });

  test("what the agent handed in goes before its last words", async () => {
    const finish = {
      title: "Start the sum at zero, as @octo-org fixes #98",
      summary: "It started at `1`. Closes #99.\n\n- a list",
      ...{ decisions: ["Kept as it was"], interfaces: [], followUps: [] },
    };
    const { title, body } = await said(
      "fix the failing tests",
      "Another title for it\n\nOther words.",
      undefined,
      finish,
    );
    expect(title).toMatch(/^Start the sum at zero, as .*octo-org/);
    expect(`${title}\n${body}`).not.toMatch(/@octo-org|[Ff]ixes #98|[Cc]loses #99/);
    expect(body).toMatch(/### Summary by the agent\n\nIt started at `1`\./);
    expect(body).not.toMatch(/Another title|Other words|Kept as it was/);
  });

  test("who asks for the issue has it closed, who asks for something beside it has not", async () => {
    expect(await said("fix this")).toMatchObject({ title: "Sum is wrong", body: expect.stringMatching(/^Fixes #1$/m) });
    const beside = await said("add a test");
    expect(beside).toMatchObject({ title: "Add a test", body: expect.stringMatching(/^Refs #1$/m) });
    expect(beside.body).not.toContain("Fixes");
  });

  test("two tasks of one issue never bear the same title", async () => {
    const repo = await world.repository();
    const one = await world.task(repo, { instruction: "fix this" });
    const other = await world.task(repo, { number: one.number, instruction: "fix this" });
    for (const spec of [one, other]) {
      await world.push(repo, spec);
      await world.reporter().report(spec.id);
    }
    const titles = world.simulator.state.pulls(repo).map(({ title }) => title);
    expect(titles.toSorted()).toEqual(["Sum is wrong", `Sum is wrong (${other.id.slice(0, 8)})`]);
  });

  test("nothing in title, request or summary skips the checks, closes an issue or mentions anybody once it is squashed", async () => {
    const evil = "Repair it [skip ci] fixes #99 @octo-org/all";
    const body = `skip-checks: true\n***NO_CI***\n[ci skip] closes #98`;
    for (const { title, body: text } of [await said(evil), await said("fix this", `${evil}\n\n${body}`, evil)]) {
      const squashed = `${title}\n\n${text}`;
      expect(squashed).not.toMatch(/\[(?:skip ci|ci skip)\]|NO_CI\*{3}$|skip-checks:|#9[89]|@octo-org|\u200b/m);
    }
  });
});

describe("GitHub fails while the pull request is opened, and then not:", () => {
  const ways: [string, ApiFaultAction][] = [
    ["500", { status: 500 }],
    ["502", { status: 502 }],
    ["503", { status: 503 }],
    ["429 with a time to wait", { status: 429, headers: { "retry-after": "60" } }],
    ["a connection that is reset", "reset"],
    ["an answer that is lost", "lost"],
  ];
  const table = ways.flatMap(([what, action]) => [1, 2, 5].map((times) => ({ what, action, times })));

  test.each([...table, { what: "401", action: { status: 401 }, times: 1 }])(
    "$what, $times times: one pull request",
    async ({ action, times }) => {
      const repo = await world.repository();
      const spec = await world.task(repo);
      const sha = await world.push(repo, spec);
      const match = { method: "POST", path: new RegExp(`/repos/${repo.fullName}/pulls$`) };
      const fault = world.simulator.faults.api({ times, match, action });
      const { report } = world.reporter();
      for (let tries = 0; tries < 20 && (await world.store.read(spec.id))?.state.name !== "settled"; tries++) {
        await report(spec.id);
        world.advanceClock(10 * 60_000);
      }
      fault.cancel();
      expect(await outcomeOf(spec.id)).toMatchObject({ kind: "pull_request", sha });
      // One whose answer is lost was opened all the same, and is found.
      expect(fault.fired).toBe(action === "lost" ? 1 : times);
      expect(world.simulator.state.pulls(repo)).toHaveLength(1);
    },
  );
});
