/** A check is a check: exactly what would be published is judged, and nothing that an agent left beside it. */
import { globSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readRunEvents } from "../../src/task/run-events.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";

const PACKAGE = JSON.stringify({
  name: "calculator",
  type: "module",
  private: true,
  scripts: { test: "node --test" },
});
const hides = (folder: string) => ({ ".gitignore": `${folder}/\n`, "package.json": PACKAGE });

/** What stands under this path on the pull request's branch. */
function published(orch: Orch, { repository }: Place, path: string): string | undefined {
  const [pull] = orch.simulator.state.pulls(repository);
  return orch.simulator.state.fileAt(repository, pull?.pull.headRef ?? "", path);
}

/** The setup steps of the task's run, by what they printed. */
async function setupsOf(orch: Orch, taskId: string): Promise<string[]> {
  const { events } = await readRunEvents(orch.redis, taskId, 1, { limit: 1_000 });
  return [...new Set(events.map(({ step }) => step))].filter((step) => step.startsWith("setup"));
}

const conclusions = (orch: Orch, { repository }: Place) =>
  orch.simulator.state.checkRuns(repository).map(({ conclusion }) => conclusion);

describe("a check", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "fixes", slots: 3 });
  });
  afterAll(() => orch.close());

  test("that fails is not made to pass by settings and programs in the agent's home, beside its files, or in its git", async () => {
    const verify = "npm test && git sum";
    const place = await orch.place({ agent: "plants-home", verify }, hides("node_modules"));
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "verify_failed", verification: { rounds: 3 } });
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);
  });

  test("finds an empty home and temporary folder", async () => {
    const verify = 'test -z "$(ls -A "$HOME" "$TMPDIR" | grep -v ":$")" && node --test';
    const place = await orch.place({ agent: "fixes", verify });
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
  });

  test("that needs a hidden file is handed back once, and an agent that adds the file gets its pull request verified", async () => {
    const place = await orch.place({ agent: "forgets", verify: "node --test" }, hides("lib"));
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const comment = await orch.progressComment(/✅ Done/, place);
    expect(comment).toContain("`node --test` passed (exit code 0, 2 rounds)");
    expect(comment).not.toContain("hides");
    expect(published(orch, place, "lib/plus.js")).toContain("plus");
    expect(conclusions(orch, place)).toEqual(["success"]);
  });

  test("that still needs it is no verification: a draft that says so first, lists the files and names the remedy", async () => {
    const place = await orch.place({ agent: "keeps-hidden", verify: "node --test" }, hides("lib"));
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request", draft: true });
    const [pull] = orch.simulator.state.pulls(place.repository);
    expect(pull?.body).toMatch(
      /^> \[!WARNING\]\n> The check passed only with files that \.gitignore hides.*`lib\/plus\.js`.*`setup:`/,
    );
    const comment = await orch.progressComment(/passed only with files that .gitignore hides/, place);
    expect(comment).not.toContain("✅");
    expect(conclusions(orch, place)).toEqual(["neutral"]);
    expect(published(orch, place, "lib/plus.js")).toBeUndefined();
    // It was asked once, and what it said to that changed nothing.
    expect((await orch.progress(taskId)).verification).toMatchObject({ rounds: 1, exitCode: 0 });
  });

  test("is not passed by a program that the agent lays among ignored dependencies: that is said, in one line", async () => {
    const place = await orch.place({ agent: "fakes", verify: "npm test" }, hides("node_modules"));
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request", draft: true });
    expect((await orch.progress(taskId)).verification?.hidden).toEqual({ paths: ["node_modules/"], more: 0 });
    expect(conclusions(orch, place)).toEqual(["neutral"]);
  });

  test("leaves nothing behind: what it writes is in no later round and never published", async () => {
    const verify =
      "test ! -e report.xml && mkdir coverage && echo 1 >report.xml && echo 1 >coverage/all && node --test";
    const place = await orch.place({ agent: "second-try", verify });
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect((await orch.progress(taskId)).verification).toMatchObject({ rounds: 2, exitCode: 0 });
    expect(["report.xml", "coverage/all"].map((path) => published(orch, place, path))).toEqual([undefined, undefined]);
    expect(globSync(join(orch.dir, "data/host/checks/*"))).toEqual([]);
  });

  test("has what the setup command makes, not what the agent has made of it", async () => {
    const setup = 'mkdir deps "$HOME/.tool" && echo ready >deps/ready && echo ready >"$HOME/.tool/ready"';
    const verify = 'grep -qx ready deps/ready "$HOME/.tool/ready" && node --test';
    const place = await orch.place({ agent: "undoes-setup", setup, verify }, hides("deps"));
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await orch.progressComment(/✅ Done/, place)).toContain("passed (exit code 0, 1 round)");
  });

  test("needs no second setup, in the same task or the next, while nothing has changed that the setup reads", async () => {
    const lock = { name: "calculator", lockfileVersion: 3, packages: { "": { name: "calculator" } } };
    const files = {
      ...hides("node_modules"),
      "package-lock.json": JSON.stringify(lock),
    };
    const place = await orch.place(
      { agent: "fixes", setup: "npm ci --no-audit --no-fund", verify: "node --test" },
      files,
    );
    const first = await orch.command("/orch fix the tests", place);
    expect(await orch.told(first.taskId)).toMatchObject({ kind: "pull_request" });
    expect(await setupsOf(orch, first.taskId)).toEqual(["setup-1"]);
    const second = await orch.command("/orch fix the tests again", place);
    expect(await orch.told(second.taskId)).toMatchObject({ kind: "pull_request" });
    expect(await setupsOf(orch, second.taskId)).toEqual([]);
  });

  test("is over for good: a host that is killed while the agent answers does not look at its files again", async () => {
    const place = await orch.place({ agent: "answers-late", verify: "node --test" }, hides("lib"));
    const { taskId } = await orch.command("/orch fix the tests", place);
    await expect.poll(() => orch.agentOutput(taskId), { timeout: 30_000 }).toContain("I have moved it");
    await orch.host.stop("SIGKILL");
    await orch.host.start();
    await orch.letGo("late");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await orch.progressComment(/✅ Done/, place)).toContain("passed (exit code 0, 2 rounds)");
    expect(published(orch, place, "plus.js")).toContain("plus");
  });
});

describe("a check without a sandbox", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ agent: "plants-home", sandbox: "none" });
  });
  afterAll(() => orch.close());

  test("has its own files and home all the same, and what setup makes", async () => {
    const place = await orch.place({ agent: "plants-home", verify: "npm test" }, hides("node_modules"));
    const { taskId } = await orch.command("/orch fix the tests", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "verify_failed" });
    const setup = 'mkdir deps && echo ready >deps/ready && echo ready >"$HOME/ready"';
    const verify = 'grep -qx ready deps/ready "$HOME/ready" && node --test';
    const other = await orch.place({ agent: "forgets", setup, verify }, { ".gitignore": "lib/\ndeps/\n" });
    const asked = await orch.command("/orch fix the tests", other);
    expect(await orch.told(asked.taskId)).toMatchObject({ kind: "pull_request" });
    expect(await orch.progressComment(/✅ Done/, other)).toContain("passed (exit code 0, 2 rounds)");
  });
});
