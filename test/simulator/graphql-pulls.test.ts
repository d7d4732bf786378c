/** GraphQL: pull requests with their reviews, threads and checks, and what can be changed by a node id. */
import { expect, test } from "vitest";
import { asBot, person, type SettingOptions, sample } from "./support/setting.ts";

/** A pull request that changes a line and adds a file of three. */
async function withPull(options?: SettingOptions & { private?: boolean }) {
  const setting = await sample(options);
  const { github, repo } = setting;
  const files = { "src/sum.js": "export const sum = (a, b) => a + b;\n", "notes.md": "one\ntwo\nthree\n" };
  const sha = await github.commit(repo, "topic", files, "Mend sum");
  const { number } = await github.openPull(repo, { as: "author", title: "Mend sum", head: "topic", base: "main" });
  const bot = await asBot(github, repo.installationId);
  const variables = { owner: repo.owner, name: repo.name, number };
  const pull = async (fields: string, as = bot) => {
    const query = `query ($owner: String!, $name: String!, $number: Int!) {
      repository(owner: $owner, name: $name) { pullRequest(number: $number) { ${fields} } } }`;
    type Answer = { repository: { pullRequest: Record<string, unknown> } };
    return (await as.graphql<Answer>(query, variables)).repository.pullRequest;
  };
  return { ...setting, number, sha, bot, pull, variables };
}

test("a pull request has its branches, and the node id that REST gives it in both places", async () => {
  const { bot, at, number, sha, pull } = await withPull();
  const { data } = await bot.pulls.get({ ...at, pull_number: number });
  const { data: issue } = await bot.issues.get({ ...at, issue_number: number });
  expect(issue.node_id).toBe(data.node_id);
  const fields = `__typename id databaseId number state headRefName headRefOid baseRefName isDraft isCrossRepository
    autoMergeRequest { enabledAt } commits(last: 1) { totalCount nodes { commit { oid statusCheckRollup { state } } } }`;
  expect(await pull(fields)).toEqual({
    __typename: "PullRequest",
    id: data.node_id,
    databaseId: data.id,
    number,
    state: "OPEN",
    headRefName: "topic",
    headRefOid: sha,
    baseRefName: "main",
    isDraft: false,
    isCrossRepository: false,
    autoMergeRequest: null,
    commits: { totalCount: 1, nodes: [{ commit: { oid: sha, statusCheckRollup: null } }] },
  });
});

test("a merge, a fork and a wish to merge are seen", async () => {
  const { github, repo, number, pull, bot, variables } = await withPull();
  await github.enableAutoMerge(repo, number, { as: "maintainer", method: "squash" });
  expect(await pull("autoMergeRequest { enabledAt enabledBy { login } mergeMethod }")).toEqual({
    autoMergeRequest: {
      enabledAt: expect.stringMatching(/Z$/),
      enabledBy: { login: "maintainer" },
      mergeMethod: "SQUASH",
    },
  });
  await github.mergePull(repo, number, { as: "maintainer" });
  expect(await pull("state")).toEqual({ state: "MERGED" });
  const fork = await github.fork(repo, { as: "stranger" });
  await github.commit(fork, "idea", { "idea.md": "idea\n" }, "Idea", "stranger");
  const proposed = { as: "stranger", title: "Idea", head: "stranger:idea", base: "main" };
  const other = await github.openPull(repo, proposed);
  const query = `query ($owner: String!, $name: String!, $number: Int!) { repository(owner: $owner, name: $name) {
    issueOrPullRequest(number: $number) { __typename ... on PullRequest { isCrossRepository headRefName } } } }`;
  expect(await bot.graphql(query, { ...variables, number: other.number })).toEqual({
    repository: { issueOrPullRequest: { __typename: "PullRequest", isCrossRepository: true, headRefName: "idea" } },
  });
});

test("the description of a pull request has its history, as an issue's has", async () => {
  const { github, repo, number, pull } = await withPull();
  await github.editIssue(repo, number, { title: "Mend the sum", body: "At last." }, { as: "maintainer" });
  const fields = `userContentEdits(first: 1) { nodes { editor { login } diff } totalCount }
    timelineItems(last: 1, itemTypes: [RENAMED_TITLE_EVENT]) { nodes { ... on RenamedTitleEvent { currentTitle } } }`;
  expect(await pull(fields)).toEqual({
    userContentEdits: { nodes: [{ editor: { login: "maintainer" }, diff: "At last." }], totalCount: 2 },
    timelineItems: { nodes: [{ currentTitle: "Mend the sum" }] },
  });
});

const threadFields = `reviewThreads(first: 10) { nodes {
  isResolved resolvedBy { login } isOutdated path line startLine
  comments(first: 10) { nodes {
    databaseId body diffHunk author { login } replyTo { databaseId } pullRequestReview { databaseId }
  } }
} }`;

test("reviews and their threads are told: answered, resolved, outdated", async () => {
  const { github, repo, number, pull } = await withPull();
  const comments = [
    { path: "src/sum.js", line: 1, body: "Why?" },
    { path: "notes.md", line: 3, startLine: 2, body: "Two lines." },
  ];
  const review = { as: "maintainer", state: "changes_requested" as const, body: "Not yet.", comments };
  const made = await github.review(repo, number, review);
  const [first = 0, second = 0] = made.comments;
  const answer = await github.reply(repo, first, "Because.", { as: "author" });
  await github.resolveThread(repo, second, { as: "author" });
  await github.commit(repo, "topic", { "src/sum.js": "export const sum = (...all) => all;\n" }, "Rewrite");
  const reviews = `reviews(last: 10) { nodes { databaseId state body submittedAt authorAssociation author { login } } }`;
  expect(await pull(reviews)).toMatchObject({
    reviews: {
      nodes: [
        {
          databaseId: made.id,
          state: "CHANGES_REQUESTED",
          body: "Not yet.",
          submittedAt: expect.stringMatching(/Z$/),
          authorAssociation: "COLLABORATOR",
          author: { login: "maintainer" },
        },
        { state: "COMMENTED", body: "", author: { login: "author" } },
      ],
    },
  });
  expect(await pull(threadFields)).toMatchObject({
    reviewThreads: {
      nodes: [
        {
          isResolved: false,
          resolvedBy: null,
          isOutdated: true,
          path: "src/sum.js",
          line: null,
          comments: {
            nodes: [
              { databaseId: first, body: "Why?", replyTo: null, pullRequestReview: { databaseId: made.id } },
              { databaseId: answer.id, body: "Because.", author: { login: "author" }, replyTo: { databaseId: first } },
            ],
          },
        },
        {
          isResolved: true,
          resolvedBy: { login: "author" },
          isOutdated: false,
          path: "notes.md",
          line: 3,
          startLine: 2,
          comments: { nodes: [{ diffHunk: "@@ -0,0 +1,3 @@\n+one\n+two\n+three" }] },
        },
      ],
    },
  });
});

test("a thread goes on without its first comment", async () => {
  const { github, repo, number, pull } = await withPull();
  const first = await github.commentOnLine(repo, number, { as: "maintainer", path: "notes.md", line: 1, body: "Hm." });
  await github.reply(repo, first.id, "What?", { as: "author" });
  await github.deleteReviewComment(repo, first.id, { as: "maintainer" });
  expect(await pull("reviewThreads(first: 9) { nodes { comments(first: 9) { nodes { body } } } }")).toEqual({
    reviewThreads: { nodes: [{ comments: { nodes: [{ body: "What?" }] } }] },
  });
});

test("a pending review is there for its author alone", async () => {
  const { github, at, number, pull } = await withPull();
  const maintainer = person(github, "maintainer");
  const comments = [{ path: "notes.md", line: 1, body: "Not yet said." }];
  const { data } = await maintainer.pulls.createReview({ ...at, pull_number: number, comments });
  const fields = "reviews(first: 9) { totalCount } reviewThreads(first: 9) { totalCount }";
  expect(await pull(fields)).toEqual({ reviews: { totalCount: 0 }, reviewThreads: { totalCount: 0 } });
  expect(await pull(fields, maintainer)).toEqual({ reviews: { totalCount: 1 }, reviewThreads: { totalCount: 1 } });
  const react = `mutation ($id: ID!) { addReaction(input: { subjectId: $id, content: EYES }) { clientMutationId } }`;
  const id = data.node_id;
  await expect(person(github, "stranger").graphql(react, { id })).rejects.toMatchObject({
    errors: [{ type: "NOT_FOUND", message: `Could not resolve to a node with the global id of '${id}'.` }],
  });
});

const checkFields = `commits(last: 1) { nodes { commit { statusCheckRollup { state contexts(first: 10) { nodes {
  __typename
  ... on CheckRun { name conclusion status summary title detailsUrl }
  ... on StatusContext { context state description targetUrl }
} } } } } }`;

test("checks of all Apps and statuses are one list, and the worst of them is its state", async () => {
  const { github, repo, at, sha, bot, pull } = await withPull();
  const rollup = async () => {
    const { commits } = (await pull(checkFields)) as { commits: { nodes: { commit: Record<string, unknown> }[] } };
    return commits.nodes[0]?.commit.statusCheckRollup;
  };
  expect(await rollup()).toBeNull();
  await bot.checks.create({ ...at, name: "orch", head_sha: sha, conclusion: "success" });
  expect(await rollup()).toMatchObject({ state: "SUCCESS" });
  await github.setStatus(repo, sha, { as: "maintainer", context: "deploy", state: "pending", description: "Soon" });
  expect(await rollup()).toMatchObject({ state: "PENDING" });
  const failed = { sha, name: "test", conclusion: "failure" as const, title: "1 failed", summary: "sum is wrong" };
  await github.reportCheck(repo, failed);
  expect(await rollup()).toEqual({
    state: "FAILURE",
    contexts: {
      nodes: [
        expect.objectContaining({ __typename: "CheckRun", name: "orch", conclusion: "SUCCESS", status: "COMPLETED" }),
        {
          __typename: "CheckRun",
          name: "test",
          conclusion: "FAILURE",
          status: "COMPLETED",
          title: "1 failed",
          summary: "sum is wrong",
          detailsUrl: expect.stringContaining("/runs/"),
        },
        { __typename: "StatusContext", context: "deploy", state: "PENDING", description: "Soon", targetUrl: null },
      ],
    },
  });
});

test("checks need their permission where the repository is private", async () => {
  const { github, repo, sha, pull } = await withPull({ private: true });
  await github.reportCheck(repo, { sha, name: "test", conclusion: "success" });
  const permissions = { pull_requests: "read", contents: "read" } as const;
  const reader = await asBot(github, repo.installationId, { permissions });
  await expect(pull(checkFields, reader)).rejects.toMatchObject({ errors: [{ type: "FORBIDDEN" }] });
});

const reaction = `mutation ($id: ID!, $content: ReactionContent!) {
  addReaction(input: { subjectId: $id, content: $content, clientMutationId: "x" }) {
    clientMutationId reaction { databaseId content user { login } }
    subject { id reactions(first: 5) { totalCount nodes { content } } }
  }
}`;

test("a review is reacted to, which REST cannot; a second reaction of the same kind is the first", async () => {
  const { github, repo, at, number, bot } = await withPull();
  const made = await github.review(repo, number, { as: "maintainer", body: "/orch mend that" });
  const { data: review } = await bot.pulls.getReview({ ...at, pull_number: number, review_id: made.id });
  const id = review.node_id;
  const answers = [];
  for (let times = 0; times < 2; times++) answers.push(await bot.graphql(reaction, { id, content: "EYES" }));
  expect(answers[1]).toEqual(answers[0]);
  expect(answers[0]).toMatchObject({
    addReaction: {
      clientMutationId: "x",
      reaction: { content: "EYES", user: null },
      subject: { id, reactions: { totalCount: 1, nodes: [{ content: "EYES" }] } },
    },
  });
  expect(github.state.reactions(repo, made.id)).toMatchObject([{ content: "eyes", user: { login: "orch[bot]" } }]);
});

test("every kind of text takes a reaction by the node id that REST tells", async () => {
  const { github, repo, at, number, bot } = await withPull();
  const issue = await github.openIssue(repo, { as: "author", title: "Hm" });
  await github.comment(repo, issue.number, "Me too.", { as: "author" });
  await github.commentOnLine(repo, number, { as: "maintainer", path: "notes.md", line: 1, body: "Hm." });
  const ids = [
    (await bot.issues.get({ ...at, issue_number: issue.number })).data.node_id,
    (await bot.pulls.get({ ...at, pull_number: number })).data.node_id,
    ...(await bot.issues.listComments({ ...at, issue_number: issue.number })).data.map((each) => each.node_id),
    ...(await bot.pulls.listReviewComments({ ...at, pull_number: number })).data.map((each) => each.node_id),
  ];
  expect(ids).toHaveLength(4);
  for (const id of ids) {
    const answer = await person(github, "reader").graphql(reaction, { id, content: "THUMBS_UP" });
    const told = { reaction: { content: "THUMBS_UP", user: { login: "reader" } }, subject: { id } };
    expect(answer).toMatchObject({ addReaction: told });
  }
});

const minimize = `mutation ($id: ID!) {
  minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized } }
}`;

test("a comment is hidden by its author, the App or who may write, and by nobody else", async () => {
  const { github, repo, at, number, bot, pull } = await withPull();
  const mine = await github.comment(repo, number, "Mine.", { as: "author" });
  const theirs = await github.comment(repo, number, "Theirs.", { as: "maintainer" });
  await github.comment(repo, number, "Nobody's.", { as: "maintainer" });
  const { data } = await bot.issues.listComments({ ...at, issue_number: number });
  const idOf = (id: number) => data.find((each) => each.id === id)?.node_id;
  const author = person(github, "author");
  await expect(author.graphql(minimize, { id: idOf(theirs.id) })).rejects.toMatchObject({
    errors: [{ type: "FORBIDDEN" }],
  });
  await author.graphql(minimize, { id: idOf(mine.id) });
  expect(await bot.graphql(minimize, { id: idOf(theirs.id) })).toEqual({
    minimizeComment: { minimizedComment: { isMinimized: true } },
  });
  expect(await pull("comments(first: 5) { nodes { isMinimized } }")).toEqual({
    comments: { nodes: [{ isMinimized: true }, { isMinimized: true }, { isMinimized: false }] },
  });
});

test("nothing is changed in an archived repository, nor by a token that may only read", async () => {
  const { github, repo, at, number, bot } = await withPull();
  const { data: comment } = await bot.issues.createComment({ ...at, issue_number: number, body: "Old." });
  const permissions = { pull_requests: "read", issues: "read" } as const;
  const reader = await asBot(github, repo.installationId, { permissions });
  const forbidden = { errors: [{ type: "FORBIDDEN", message: "Resource not accessible by integration" }] };
  await expect(reader.graphql(minimize, { id: comment.node_id })).rejects.toMatchObject(forbidden);
  github.archive(repo);
  await expect(bot.graphql(minimize, { id: comment.node_id })).rejects.toMatchObject({
    errors: [{ type: "FORBIDDEN", message: "Repository was archived so is read-only." }],
  });
});
