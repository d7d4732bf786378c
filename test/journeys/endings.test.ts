/** Every way in which an agent can end, told as the person sees it. One Orch for all: the repository chooses the agent. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { progressOf } from "../../src/task/task.ts";
import { type Orch, type Place, startOrch } from "../support/orch.ts";
import { ownBranch } from "../support/task-spec.ts";

describe("what a person hears when the agent ends", () => {
  let orch: Orch;
  beforeAll(async () => {
    orch = await startOrch({ limits: { silenceMinutes: 0.04, firstOutputMinutes: 1 } });
  });
  afterAll(() => orch.close());

  /** Gives the command and waits until the label says that the story is told. */
  async function ask(place: Place, label: "orch:done" | "orch:failed") {
    const { taskId, commentId } = await orch.command("/orch fix the failing tests", place);
    const outcome = await orch.settled(taskId);
    await orch.simulator.waitFor(
      () => orch.simulator.state.labels(place.repository, place.number).includes(label),
      30_000,
    );
    return { taskId, commentId, outcome };
  }

  test("an agent that fails: its last lines, its exit code, and no pull request", async () => {
    const place = await orch.place({ agent: "fails" });
    const { outcome, commentId } = await ask(place, "orch:failed");
    expect(outcome).toMatchObject({ kind: "agent_failed", exitCode: 3 });
    const comment = await orch.progressComment(/giving up.{1,3}the compiler is missing/, place);
    expect(comment).toContain("I cannot find the cause");
    expect(comment).toMatch(/agent.*fails/i);
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);
    const reactions = await orch.simulator.waitFor(() => {
      const found = orch.simulator.state.reactions(place.repository, commentId);
      return found.some((each) => each.content === "confused") && found;
    });
    expect(reactions.map((each) => each.content)).toEqual(["confused"]);
  });

  test("an agent that says nothing and exits 0 has changed nothing: exit 0 proves nothing", async () => {
    const place = await orch.place({ agent: "silent" });
    const { outcome } = await ask(place, "orch:failed");
    expect(outcome).toMatchObject({ kind: "no_changes" });
    expect(await orch.progressComment(/no change|nothing|not change/i, place)).toBeTruthy();
    expect(Object.keys(orch.simulator.state.branches(place.repository))).toEqual(["main"]);
  });

  test("an agent that hangs is stopped at the silence deadline, and nothing of it lives on", async () => {
    const place = await orch.place({ agent: "hangs" });
    const { outcome } = await ask(place, "orch:failed");
    expect(outcome).toMatchObject({ kind: "timed_out", deadline: "silence", lastLines: "I think about it" });
    expect(await orch.progressComment(/I think about it/, place)).toBeTruthy();
  });

  test("an agent that works without a word for longer than it may be silent is left to its work", async () => {
    const place = await orch.place({ agent: "ponders" });
    expect((await ask(place, "orch:done")).outcome).toMatchObject({ kind: "pull_request" });
  });

  test("changes that the agent did not commit are not lost", async () => {
    const place = await orch.place({ agent: "leaves" });
    const { outcome, taskId } = await ask(place, "orch:done");
    expect(outcome).toMatchObject({ kind: "pull_request" });
    expect(
      orch.simulator.state.fileAt(place.repository, ownBranch(place.number, taskId, "fix-the-failing-tests"), "add.js"),
    ).toContain("a + b");
  });

  test("a failed check is handed back to the agent, and its second try is published", async () => {
    const place = await orch.place({ agent: "second-try", verify: "node --test" });
    const { outcome, taskId } = await ask(place, "orch:done");
    expect(outcome).toMatchObject({ kind: "pull_request" });
    const task = await orch.store.read(taskId);
    expect(task && progressOf(task).verification).toMatchObject({ exitCode: 0, rounds: 2, command: "node --test" });
    expect(
      orch.simulator.state.fileAt(place.repository, ownBranch(place.number, taskId, "fix-the-failing-tests"), "add.js"),
    ).toContain("a + b");
  });

  test("work that never passes the check is not published, and the comment says what the check said", async () => {
    const place = await orch.place({ agent: "breaks", verify: "node --test" });
    const { outcome } = await ask(place, "orch:failed");
    expect(outcome).toMatchObject({ kind: "verify_failed", verification: { rounds: 3, exitCode: 1 } });
    expect(await orch.progressComment(/node --test/, place)).toBeTruthy();
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);
  });

  test("an agent that was shown a failure and changes nothing is not asked again, and the comment says so", async () => {
    const place = await orch.place({ agent: "gives-up", verify: "node --test" });
    const { outcome, taskId } = await ask(place, "orch:failed");
    expect(outcome).toMatchObject({ kind: "verify_failed", verification: { rounds: 2, unchanged: true } });
    expect(await orch.progressComment(/made no commit since, so it was not asked once more/, place)).toBeTruthy();
    expect((await orch.agentOutput(taskId)).match(/I do not know/g)).toHaveLength(1);
  });

  test("an agent that goes round in circles is stopped, told as what it is, and what it had made is kept", async () => {
    const place = await orch.place({ agent: "circles" });
    const { outcome, taskId } = await ask(place, "orch:failed");
    expect(outcome).toMatchObject({ kind: "stalled", call: "shell npm test", times: 5 });
    const comment = await orch.progressComment(/went round in circles/, place);
    expect(comment).toContain("made the same call 5 times");
    expect(comment).toMatch(/Next:.*say what the agent should know/);
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);
    const kept = await orch.task(taskId, ({ runs }) => runs.at(-1)?.checkpoint !== undefined);
    expect(kept.runs.at(-1)?.checkpoint).toMatchObject({ kind: "objects", commits: 1 });
    await orch.command("/orch logs", place);
    await vi.waitFor(() => expect(orch.botComments(place).at(-1)?.body).toContain("the same call 3 times"), {
      timeout: 10_000,
      interval: 20,
    });
  });

  test("an agent that takes more memory than its repository gives it is ended and told as that, its work is kept, and another one goes on", async () => {
    const other = await orch.place({ agent: "ponders" });
    const { taskId: beside } = await orch.command("/orch fix the failing tests", other);
    const place = await orch.place({ agent: "hogs", limits: { memoryMegabytes: 160 } });
    const { outcome, taskId } = await ask(place, "orch:failed");
    const allowed = 160 * 1024 ** 2;
    expect(outcome).toMatchObject({ kind: "over_limit", limit: "memory", allowed });
    const comment = await orch.progressComment(/is kept on the worker host/, place);
    expect(comment).toMatch(/its programs may use 160 MB of memory together, and/);
    expect(comment).toMatch(/Next:.*The same request would end so again\..*`limits\.memoryMegabytes`/);
    expect(comment).toMatch(
      /Machine: at most .*160 MB of memory \(.+\).*; used \d+ MB of memory at most, \d+s of processor time/,
    );
    const task = await orch.task(taskId, ({ runs }) => runs.at(-1)?.checkpoint !== undefined);
    expect(task.runs.at(-1)?.checkpoint).toMatchObject({ kind: "objects", files: 1 });
    expect(progressOf(task).peakRssBytes).toBeLessThan(3 * allowed);
    expect(await orch.settled(beside)).toMatchObject({ kind: "pull_request" });
  });

  test("a check that passes only thanks to changes that would not be published does not pass", async () => {
    const place = await orch.place({ agent: "cheats", verify: "node --test" });
    const { outcome } = await ask(place, "orch:failed");
    expect(outcome).toMatchObject({ kind: "verify_failed" });
    expect(orch.simulator.state.pulls(place.repository)).toEqual([]);
  });

  test("what runs when leftovers are committed is no way to outlive the run, not even without a sandbox", async () => {
    const open = await startOrch({ sandbox: "none", agent: "plants" });
    try {
      const { taskId } = await open.command("/orch fix the failing tests");
      expect(await open.settled(taskId)).toMatchObject({ kind: "pull_request" });
    } finally {
      // Throws when anything is left behind.
      await open.close();
    }
  });

  test("an agent that no worker host has is refused at once, with those that there are", async () => {
    const place = await orch.place({ agent: "oracle" });
    const { taskId } = await orch.command("/orch fix the tests", place);
    await vi.waitFor(() => expect(orch.botComments(place)).toHaveLength(1), { timeout: 10_000, interval: 20 });
    const [reply] = orch.botComments(place);
    expect(reply?.body).toMatch(
      /offered the agent `oracle` within the last seven days.*There are: .*`fails`.*orch\.yml/s,
    );
    expect(await orch.store.read(taskId)).toBeUndefined();
  });
});
