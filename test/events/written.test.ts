/** What somebody writes is a command wherever it stands: in a description, in a review, on a line of the changes. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Source } from "../../src/task/origin.ts";
import { originIn } from "../../src/task/origin.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../support/bot.ts";
import { claimedBy, makeSpec, STARTS } from "../support/task-spec.ts";

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

/** An agent has proposed something there, and waits for a person's word. */
async function proposedOn(number: number): Promise<string> {
  const { id, owner, name, installationId } = orch.repository;
  const at = Date.now();
  const spec = makeSpec({
    ...{ commentId: 4_000_000 + number, number, conversation: number, installationId, plan: true },
    repository: { id, owner, name },
    actor: { id: orch.github.createUser(MAINTAINER).id, login: MAINTAINER },
    requestedAt: at - 5_000,
    acceptedAt: at,
  });
  await orch.store.create(spec, STARTS);
  await orch.store.advance(spec.id, claimedBy("h0000000"));
  await orch.store.advance(spec.id, { name: "progress", epoch: 1, progress: { agent: "scripted" }, at });
  const said = { title: "A plan", summary: "What is to be done.", decisions: [], interfaces: [], followUps: [] };
  const baseSha = orch.github.state.branches(orch.repository).main ?? "";
  const proposal = { name: "p111111111111", epoch: 1, baseSha, said, files: [], at };
  const reasons = [{ for: "approval" as const, proposal: proposal.name, until: at + 3600_000 }];
  await orch.store.advance(spec.id, { name: "parked", epoch: 1, reasons, proposal, at });
  return spec.id;
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

  test("approves no plan, as an App may write one in a person's name and GitHub does not tell that; a comment does", async () => {
    const number = await openPull();
    const id = await proposedOn(number);
    const decision = async () => (await orch.store.read(id))?.proposal?.decision;
    const body = "/orch approve p111111111111";
    const comments = [{ path: "notes.md", line: 2, body }];
    await orch.github.review(orch.repository, number, { as: MAINTAINER, state: "approved", body, comments });
    await orch.quiet();
    expect(await decision()).toBeUndefined();
    // The comment on the line is answered in its own thread.
    const said = "Approve it in a comment on the conversation: `/orch approve p111111111111`";
    expect(orch.replies(number)).toEqual([expect.stringContaining(said)]);
    await orch.comment(number, body);
    await orch.quiet();
    expect(await decision()).toMatchObject({ kind: "approved", by: { login: MAINTAINER } });
  });

  test("by a stranger is refused", async () => {
    const number = await openPull();
    await orch.github.review(orch.repository, number, { as: STRANGER, state: "commented", body: "/orch fix it" });
    await orch.quiet();
    expect(await orch.store.idsOfIssue(orch.repository.id, number)).toEqual([]);
    expect(orch.replies(number)).toEqual([expect.stringContaining("write permission")]);
  });
});
