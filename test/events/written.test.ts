/** What somebody writes is a command wherever it stands: in a description, in a review, on a line of the changes. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Source } from "../../src/task/origin.ts";
import { originIn } from "../../src/task/origin.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../support/bot.ts";

let orch: BotSetting;
let branches = 0;
beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());

const taskOf = async (source: Source, line: number) => {
  await orch.quiet();
  return (await orch.store.read(taskIdOf(orch.repository.id, originIn(source, line))))?.spec;
};
const isReactedTo = (path: string) =>
  orch.github.requests().some((each) => each.method === "POST" && each.path.endsWith(`${path}/reactions`));

/** A pull request that adds lines to notes.md. */
async function openPull(body = "", as = STRANGER): Promise<number> {
  branches += 1;
  const head = `topic-${branches}`;
  await orch.github.commit(orch.repository, head, { "notes.md": `one\ntwo\n${head}\n` }, "Add notes", MAINTAINER);
  return (await orch.github.openPull(orch.repository, { as, title: "Notes", head, base: "main", body })).number;
}

describe("a description", () => {
  test("of a new issue asks, and gets the eyes", async () => {
    const text = { as: MAINTAINER, title: "Tests fail", body: "Since today.\n\n/orch fix them\n\nKeep the API." };
    const { number } = await orch.github.openIssue(orch.repository, text);
    const spec = await taskOf({ kind: "body", id: number, url: "" }, 3);
    expect(spec).toMatchObject({
      number,
      instruction: "fix them",
      details: "Keep the API.",
      actor: { login: MAINTAINER },
    });
    await orch.github.waitFor(() => isReactedTo(`/issues/${number}`));
  });

  test("of a new pull request asks for work on its branch", async () => {
    const number = await openPull("/orch add tests", MAINTAINER);
    const spec = await taskOf({ kind: "body", id: number, url: "" }, 1);
    expect(spec).toMatchObject({ instruction: "add tests", target: { kind: "pull", headRef: `topic-${branches}` } });
  });

  test("by a stranger is refused in a reply", async () => {
    const text = { as: STRANGER, title: "Tests fail", body: "/orch fix them" };
    const { number } = await orch.github.openIssue(orch.repository, text);
    expect(await taskOf({ kind: "body", id: number, url: "" }, 1)).toBeUndefined();
    expect(orch.replies(number)).toEqual([expect.stringContaining("write permission")]);
  });

  test("that is edited later asks for nothing", async () => {
    const { number } = await orch.github.openIssue(orch.repository, { as: MAINTAINER, title: "Tests fail" });
    await orch.github.editIssue(orch.repository, number, { body: "/orch fix them" }, { as: MAINTAINER });
    await orch.quiet();
    expect(await orch.store.idsOfIssue(orch.repository.id, number)).toEqual([]);
  });
});

describe("a review", () => {
  test("asks in its summary and in a comment on a line, which says what it is about", async () => {
    const number = await openPull();
    const { id, comments } = await orch.github.review(orch.repository, number, {
      as: MAINTAINER,
      state: "changes_requested",
      body: "Good, but:\n\n/orch write the missing test",
      comments: [{ path: "notes.md", line: 2, body: "/orch say it in one sentence" }],
    });
    const [on = 0] = comments;
    expect(await taskOf({ kind: "review", id, url: "" }, 3)).toMatchObject({
      number,
      instruction: "write the missing test",
    });
    const spec = await taskOf({ kind: "review_comment", id: on, url: "" }, 1);
    expect(spec).toMatchObject({ number, instruction: "say it in one sentence" });
    expect(spec?.about).toEqual({ thread: on, path: "notes.md", line: 2, hunk: expect.stringMatching(/\+two$/) });
    await orch.github.waitFor(() => isReactedTo(`/pulls/comments/${on}`));
  });

  test("that merely approves asks for nothing", async () => {
    const number = await openPull();
    await orch.github.review(orch.repository, number, { as: MAINTAINER, state: "approved" });
    await orch.quiet();
    expect(await orch.store.idsOfIssue(orch.repository.id, number)).toEqual([]);
  });

  test("by a stranger is refused", async () => {
    const number = await openPull();
    await orch.github.review(orch.repository, number, { as: STRANGER, state: "commented", body: "/orch fix it" });
    await orch.quiet();
    expect(await orch.store.idsOfIssue(orch.repository.id, number)).toEqual([]);
    expect(orch.replies(number)).toEqual([expect.stringContaining("write permission")]);
  });
});
