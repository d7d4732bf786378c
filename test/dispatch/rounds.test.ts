import { pino } from "pino";
import { describe, expect, test } from "vitest";
import type { Readiness } from "../../src/dispatch/readiness.ts";
import { isReady } from "../../src/dispatch/ready.ts";
import { makeRounds } from "../../src/dispatch/rounds.ts";
import { branchOf } from "../../src/task/branch.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Pushed, Task } from "../../src/task/task.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { makeSpec } from "../support/task-spec.ts";
import { NOW, world } from "./worlds.ts";

const made = (spec: TaskSpec, outcome: Outcome, more: Partial<Task> = {}): Task => ({
  ...{ spec, epoch: 1, version: 1, crashes: [] },
  state: { name: "settled", outcome, at: NOW },
  runs: [{ number: 1, host: "h", startedAt: NOW, progress: { agent: more.agent ?? "claude" } }],
  ...more,
});
const pushedTo = (branch: string): Pushed => ({
  ...{ branch, sha: "c".repeat(40), base: "main", files: 1, additions: 1, deletions: 0, commits: 1 },
});

const issueSpec = makeSpec({ agent: "codex", model: "o5" });
const branch = branchOf(issueSpec);
const opened: Outcome = { kind: "pull_request", number: 7, url: "u" };
const writer = made(issueSpec, opened, { agent: "codex", pushed: pushedTo(branch) });
const onPull = {
  kind: "pull" as const,
  defaultBranch: "main",
  headRef: branch,
  headSha: "a".repeat(40),
  baseRef: "main",
};

const review = (changes: Partial<TaskSpec> = {}, findings = 2): Task =>
  made(
    makeSpec({
      ...{ commentId: 601, number: 7, conversation: 1, target: onPull, role: "reviewer", agent: "judge" },
      ...{ review: { round: 0, asked: ["fix the sum"] }, instruction: "review the sums", ...changes },
    }),
    { kind: "reviewed", findings, sha: "a".repeat(40) },
    { agent: "judge" },
  );

function rounds(tasks: readonly Task[], refused?: Extract<Readiness, { kind: "refused" | "unaffordable" }>) {
  const accepted: TaskSpec[] = [];
  const follow = makeRounds({
    store: {
      read: async (id) => tasks.find(({ spec }) => spec.id === id),
      readMany: async (ids) => tasks.filter(({ spec }) => ids.includes(spec.id)),
      idsOfIssue: async (_, number) => tasks.filter(({ spec }) => spec.number === number).map(({ spec }) => spec.id),
      idsOfConversation: async () => tasks.map(({ spec }) => spec.id),
    },
    dispatcher: {
      accept: async (spec) => {
        if (!refused) accepted.push(spec);
        return refused;
      },
    },
    now: () => NOW,
    log: pino({ level: "silent" }),
  });
  return { follow, accepted };
}

describe("what a review has found", () => {
  test("goes to the agent that wrote the changes, on their branch, as a task of its own", async () => {
    const asked = review();
    const { follow, accepted } = rounds([writer, asked]);
    const [first, again] = [await follow(asked), await follow(asked)];
    const [mending, same] = accepted;
    expect(first).toEqual({ kind: "handed", task: mending?.id, round: 1 });
    expect([again, same?.id]).toEqual([first, mending?.id]);
    expect(mending).toMatchObject({
      ...{ agent: "codex", model: "o5", number: 7, conversation: 1, target: onPull, actor: asked.spec.actor },
      ...{ origin: { kind: "round", task: asked.spec.id }, mends: { review: asked.spec.id, round: 1 } },
    });
    expect(mending?.role).toBeUndefined();
  });

  test("goes to whoever wrote there last", async () => {
    const later = made(makeSpec({ commentId: 602, number: 7, target: onPull }), opened, {
      ...{ agent: "gemini", pushed: pushedTo(branch) },
    });
    const { follow, accepted } = rounds([writer, later, review()]);
    await follow(review());
    expect(accepted[0]).toMatchObject({ agent: "gemini" });
    expect(accepted[0]?.model).toBeUndefined();
  });

  test("goes to nobody when it is nothing, when a person began the branch, and when it is no review's", async () => {
    const { follow, accepted } = rounds([writer, review()]);
    expect(await follow(review({}, 0))).toBeUndefined();
    expect(await follow(review({ target: { ...onPull, headRef: "topic" } }))).toBeUndefined();
    expect(await follow(writer)).toBeUndefined();
    expect(await follow({ ...review(), state: { name: "queued", since: 1 } })).toBeUndefined();
    expect(accepted).toEqual([]);
  });

  test("goes to nobody where the branch only looks like one of ours", async () => {
    const { follow } = rounds([{ ...writer, pushed: pushedTo("elsewhere") }, review()]);
    expect(await follow(review())).toBeUndefined();
  });

  test("is left to people after two rounds", async () => {
    const { follow, accepted } = rounds([writer, review()]);
    expect(await follow(review({ review: { round: 1 } }))).toMatchObject({ kind: "handed", round: 2 });
    expect(await follow(review({ review: { round: 2 } }))).toEqual({ kind: "over", rounds: 2 });
    expect(accepted).toHaveLength(1);
  });

  test("says why it could not be handed on", async () => {
    const none = { kind: "refused" as const, agent: "codex", known: [] };
    expect(await rounds([writer, review()], none).follow(review())).toEqual({
      kind: "not_handed",
      reason: "No worker host has offered the agent codex within the last seven days.",
    });
    const poor = {
      kind: "unaffordable" as const,
      why: { what: "short" as const, of: "task" as const, unit: "runs" as const, limit: 1 },
    };
    expect(await rounds([writer, review()], poor).follow(review())).toMatchObject({ kind: "not_handed" });
  });
});

describe("what was mended", () => {
  const asked = review({ agentNamed: true });
  const mended = (more: Partial<Task> = {}, outcome: Outcome = opened): Task =>
    made(
      makeSpec({
        ...{ commentId: 603, number: 7, conversation: 1, target: onPull },
        mends: { review: asked.spec.id, round: 1 },
      }),
      outcome,
      { pushed: pushedTo(branch), ...more },
    );

  test("is reviewed again as it was asked for, where it is now", async () => {
    const { follow, accepted } = rounds([writer, asked, mended()]);
    expect(await follow(mended())).toBeUndefined();
    expect(accepted).toMatchObject([
      {
        ...{ role: "reviewer", agent: "judge", agentNamed: true, instruction: "review the sums" },
        ...{ review: { round: 1, asked: ["fix the sum"] }, target: { headSha: "c".repeat(40) } },
        origin: { kind: "round", task: mended().spec.id },
      },
    ]);
    expect(accepted[0]?.mends).toBeUndefined();
  });

  test("is not when nothing of it is on the branch, or it did not come to its end", async () => {
    const { follow, accepted } = rounds([writer, asked]);
    await follow(mended({ pushed: pushedTo("orch/7-other") }));
    await follow(mended({}, { kind: "no_changes", lastWords: "" }));
    await follow(mended({}, { kind: "cancelled", reason: { kind: "command", by: "maintainer" } }));
    expect(accepted).toEqual([]);
  });
});

describe("between a writer and a reviewer nothing is handed over", () => {
  const spec = (changes: Partial<TaskSpec>) => makeSpec({ commentId: 700, number: 7, target: onPull, ...changes });
  const before = [made(makeSpec({ number: 7, target: onPull }), opened, { pushed: pushedTo(branch) }), review()];
  const continuesOf = (changes: Partial<TaskSpec>) => {
    const readiness = isReady(spec(changes), world({ before }));
    return readiness.kind === "ready" ? readiness.continues : readiness.kind;
  };

  test("a review goes on from nobody", () => {
    expect(continuesOf({ role: "reviewer", review: { round: 0 } })).toBeUndefined();
  });

  test("whoever writes goes on from the last who wrote, past a review in between", () => {
    expect(continuesOf({})).toBe(before[0]?.spec.id);
  });
});
