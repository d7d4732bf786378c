/** Reviews, comments on lines, threads: what people and the App see and hear of them. */
import { expect, test } from "vitest";
import { asBot, type Heard, person, receiver, sample } from "./support/setting.ts";

const refused = (message: string) =>
  expect.objectContaining({ status: 422, message: expect.stringContaining(message) });

/** A pull request that changes line 1 of src/sum.js and adds a file of three lines. */
async function withPull() {
  const setting = await sample();
  const { github, repo, at } = setting;
  const files = { "src/sum.js": "export const sum = (a, b) => a + b;\n", "notes.md": "one\ntwo\nthree\n" };
  await github.commit(repo, "topic", files, "Mend sum");
  const { number } = await github.openPull(repo, { as: "author", title: "Mend sum", head: "topic", base: "main" });
  const heard = await receiver(github);
  return {
    ...setting,
    heard,
    on: { ...at, pull_number: number },
    number,
    bot: await asBot(github, repo.installationId),
  };
}

async function told({ idle }: { idle(): Promise<void> }, heard: readonly Heard[]) {
  await idle();
  return heard.map(({ headers, body }) => ({ event: headers["x-github-event"], ...JSON.parse(body) }));
}

test("a review with comments is heard as one review and each of its comments", async () => {
  const { github, repo, on, number, heard, bot } = await withPull();
  const comments = [
    { path: "src/sum.js", line: 1, body: "Why?" },
    { path: "src/sum.js", line: 1, side: "LEFT" as const, body: "This was wrong." },
    { path: "notes.md", line: 3, startLine: 2, body: "Two lines." },
  ];
  const text = "/orch address these";
  const made = await github.review(repo, number, {
    as: "maintainer",
    state: "changes_requested",
    body: text,
    comments,
  });
  expect(made.comments).toHaveLength(3);
  const events = await told(github, heard);
  const submitted = events.filter((each) => each.event === "pull_request_review");
  expect(submitted).toMatchObject([
    {
      action: "submitted",
      review: { id: made.id, body: text, state: "changes_requested" },
      sender: { login: "maintainer" },
    },
  ]);
  const created = events.filter((each) => each.event === "pull_request_review_comment").map((each) => each.comment);
  expect(created.every((each) => each.pull_request_review_id === made.id)).toBe(true);
  expect(created.find((each) => each.side === "LEFT")).toMatchObject({
    path: "src/sum.js",
    line: 1,
    diff_hunk: "@@ -1 +1 @@\n-export const sum = (a, b) => a - b;",
    position: 1,
  });
  expect(created.find((each) => each.path === "notes.md")).toMatchObject({
    line: 3,
    start_line: 2,
    start_side: "RIGHT",
  });
  const listed = await bot.pulls.listReviews(on);
  expect(listed.data).toMatchObject([{ id: made.id, state: "CHANGES_REQUESTED", author_association: "COLLABORATOR" }]);
  expect((await bot.pulls.listCommentsForReview({ ...on, review_id: made.id })).data).toHaveLength(3);
  expect((await bot.pulls.get(on)).data.review_comments).toBe(3);
});

test("a single comment on a line is a review without text, and an answer hangs on the first of its thread", async () => {
  const { github, repo, at, on, number, heard, bot } = await withPull();
  const first = await github.commentOnLine(repo, number, {
    as: "maintainer",
    path: "notes.md",
    line: 2,
    body: "/orch fix",
  });
  const second = await github.reply(repo, first.id, "Yes, please.", { as: "author" });
  const third = await bot.pulls.createReplyForReviewComment({ ...on, comment_id: second.id, body: "Done." });
  expect(third.data).toMatchObject({
    in_reply_to_id: first.id,
    path: "notes.md",
    line: 2,
    user: { login: "orch[bot]" },
  });
  const listed = (await bot.pulls.listReviewComments(on)).data;
  expect(listed.map((each) => [each.body, each.in_reply_to_id])).toEqual([
    ["/orch fix", undefined],
    ["Yes, please.", first.id],
    ["Done.", first.id],
  ]);
  expect(new Set(listed.map((each) => each.pull_request_review_id)).size).toBe(3);
  const reviews = (await told(github, heard)).filter((each) => each.event === "pull_request_review");
  expect(reviews.map((each) => [each.review.body, each.review.state])).toEqual(Array(3).fill([null, "commented"]));
  const { data } = await bot.pulls.getReviewComment({ ...at, comment_id: first.id });
  expect(data.diff_hunk).toBe("@@ -0,0 +1,3 @@\n+one\n+two");
  await expect(bot.pulls.createReplyForReviewComment({ ...on, comment_id: 1, body: "x" })).rejects.toMatchObject({
    status: 404,
  });
});

test("a comment on a line is edited, reacted to and deleted", async () => {
  const { github, repo, at, number, heard, bot } = await withPull();
  const { id } = await github.commentOnLine(repo, number, { as: "maintainer", path: "notes.md", line: 1, body: "x" });
  await bot.reactions.createForPullRequestReviewComment({ ...at, comment_id: id, content: "eyes" });
  expect(github.state.reactions(repo, id).map((each) => each.content)).toEqual(["eyes"]);
  expect((await bot.pulls.getReviewComment({ ...at, comment_id: id })).data.reactions?.eyes).toBe(1);
  await github.editReviewComment(repo, id, "y", { as: "maintainer" });
  await person(github, "maintainer").pulls.deleteReviewComment({ ...at, comment_id: id });
  await expect(bot.pulls.getReviewComment({ ...at, comment_id: id })).rejects.toMatchObject({ status: 404 });
  const events = (await told(github, heard)).filter((each) => each.event === "pull_request_review_comment");
  expect(events.map((each) => [each.action, each.comment.body, each.changes?.body.from]).sort()).toEqual([
    ["created", "x", undefined],
    ["deleted", "y", undefined],
    ["edited", "y", "x"],
  ]);
});

test("a comment whose line has changed since is outdated, one whose line still stands is not", async () => {
  const { github, repo, on, number, bot } = await withPull();
  const line = (path: string) => github.commentOnLine(repo, number, { as: "maintainer", path, line: 1, body: "x" });
  await line("notes.md");
  await line("src/sum.js");
  await github.commit(repo, "topic", { "notes.md": "uno\ntwo\nthree\n" }, "Translate");
  const listed = (await bot.pulls.listReviewComments(on)).data;
  expect(listed.map((each) => [each.path, each.line, each.position, each.original_line])).toEqual([
    ["notes.md", null, null, 1],
    ["src/sum.js", 1, 2, 1],
  ]);
});

test("what GitHub refuses about reviews is refused", async () => {
  const { github, repo, on, number, bot } = await withPull();
  const [author, maintainer] = [person(github, "author"), person(github, "maintainer")];
  await expect(author.pulls.createReview({ ...on, event: "APPROVE" })).rejects.toEqual(refused("own pull request"));
  await expect(maintainer.pulls.createReview({ ...on, event: "REQUEST_CHANGES" })).rejects.toEqual(refused("blank"));
  const far = github.commentOnLine(repo, number, { as: "maintainer", path: "notes.md", line: 9, body: "x" });
  await expect(far).rejects.toMatchObject({ status: 422 });
  const elsewhere = github.commentOnLine(repo, number, { as: "maintainer", path: "README.md", line: 1, body: "x" });
  await expect(elsewhere).rejects.toMatchObject({ status: 422 });
  expect(github.state.reviews(repo, number)).toEqual([]);
  expect((await bot.pulls.createReview({ ...on, event: "COMMENT", body: "Looks good." })).data.user?.login).toBe(
    "orch[bot]",
  );
});

test("a pending review is its author's alone until it is submitted", async () => {
  const { github, on, heard, bot } = await withPull();
  const maintainer = person(github, "maintainer");
  const comments = [{ path: "notes.md", line: 1, body: "x" }];
  const { data } = await maintainer.pulls.createReview({ ...on, body: "Soon", comments });
  expect(data.state).toBe("PENDING");
  expect((await bot.pulls.listReviews(on)).data).toEqual([]);
  expect((await bot.pulls.listReviewComments(on)).data).toEqual([]);
  expect((await maintainer.pulls.listReviews(on)).data).toHaveLength(1);
  expect(await told(github, heard)).toEqual([]);
  await maintainer.pulls.submitReview({ ...on, review_id: data.id, event: "APPROVE" });
  const dismissal = { ...on, review_id: data.id, message: "Things changed" };
  expect((await maintainer.pulls.dismissReview(dismissal)).data.state).toBe("DISMISSED");
  const events = (await told(github, heard)).map((each) => `${each.event}.${each.action}`);
  expect(events.sort()).toEqual([
    "pull_request_review.dismissed",
    "pull_request_review.submitted",
    "pull_request_review_comment.created",
  ]);
});
