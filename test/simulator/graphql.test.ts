/** GraphQL: issues with their history, files, permissions and refusals, as Octokit and GitHub's schema have them. */
import { expect, test } from "vitest";
import { appJwt, asBot, octokit, person, type SettingOptions, sample } from "./support/setting.ts";

async function withIssue(options?: SettingOptions & { private?: boolean }) {
  const setting = await sample(options);
  const { github, repo } = setting;
  const { number } = await github.openIssue(repo, { as: "author", title: "Tests fail", body: "They fail." });
  const bot = await asBot(github, repo.installationId);
  return { ...setting, number, bot, on: { owner: repo.owner, name: repo.name, number } };
}

const historyQuery = `query ($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    issueOrPullRequest(number: $number) {
      ... on Issue {
        title body lastEditedAt editor { login } includesCreatedEdit
        userContentEdits(first: 10) { nodes { editedAt editor { login } diff } }
        timelineItems(last: 5, itemTypes: [RENAMED_TITLE_EVENT]) {
          nodes { ... on RenamedTitleEvent { createdAt actor { login } previousTitle currentTitle } }
        }
      }
    }
  }
}`;

const at = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

test("an issue that nobody has edited has no history", async () => {
  const { bot, on } = await withIssue();
  expect(await bot.graphql(historyQuery, on)).toEqual({
    repository: {
      issueOrPullRequest: {
        title: "Tests fail",
        body: "They fail.",
        lastEditedAt: null,
        editor: null,
        includesCreatedEdit: false,
        userContentEdits: { nodes: [] },
        timelineItems: { nodes: [] },
      },
    },
  });
});

test("who changed title and text of an issue, and what they were, is told", async () => {
  const { github, repo, number, bot, on } = await withIssue();
  await github.editIssue(repo, number, { body: "They fail on Mondays." }, { as: "maintainer" });
  const stranger = person(github, "author");
  await stranger.issues.update({ owner: on.owner, repo: on.name, issue_number: number, title: "Tests fail often" });
  const answer = await bot.graphql<{ repository: { issueOrPullRequest: object } }>(historyQuery, on);
  expect(answer.repository.issueOrPullRequest).toEqual({
    title: "Tests fail often",
    body: "They fail on Mondays.",
    lastEditedAt: at,
    editor: { login: "maintainer" },
    includesCreatedEdit: true,
    userContentEdits: {
      nodes: [
        { editedAt: at, editor: { login: "maintainer" }, diff: "They fail on Mondays." },
        { editedAt: at, editor: { login: "author" }, diff: "They fail." },
      ],
    },
    timelineItems: {
      nodes: [
        { createdAt: at, actor: { login: "author" }, previousTitle: "Tests fail", currentTitle: "Tests fail often" },
      ],
    },
  });
});

test("an issue is the same in GraphQL and in REST, but for the name of a bot", async () => {
  const { github, repo, at: place, number, bot, on } = await withIssue();
  await github.addLabel(repo, number, "bug", { as: "maintainer" });
  const said = await github.comment(repo, number, "Me too.", { as: "maintainer" });
  await github.editComment(repo, said.id, "Me, too.", { as: "maintainer" });
  const { data: own } = await bot.issues.createComment({ ...place, issue_number: number, body: "On it." });
  const { data: issue } = await bot.issues.get({ ...place, issue_number: number });
  const query = `query ($owner: String!, $name: String!, $number: Int!) {
    repository(owner: $owner, name: $name) {
      id databaseId nameWithOwner isArchived isPrivate defaultBranchRef { name }
      issue(number: $number) {
        __typename id databaseId fullDatabaseId number state locked authorAssociation createdAt updatedAt url
        author { __typename login ... on User { id databaseId } }
        labels(first: 5) { nodes { name } }
        comments(last: 10) {
          totalCount
          nodes {
            id databaseId fullDatabaseId body authorAssociation isMinimized lastEditedAt editor { login } url
            author { __typename login ... on Bot { databaseId } }
          }
        }
      }
    }
  }`;
  const answer = await bot.graphql(query, on);
  expect(answer).toMatchObject({
    repository: {
      databaseId: repo.id,
      nameWithOwner: repo.fullName,
      isArchived: false,
      isPrivate: false,
      defaultBranchRef: { name: "main" },
      issue: {
        __typename: "Issue",
        id: issue.node_id,
        databaseId: issue.id,
        fullDatabaseId: String(issue.id),
        number,
        state: "OPEN",
        locked: false,
        authorAssociation: "NONE",
        createdAt: issue.created_at,
        url: issue.html_url,
        author: { __typename: "User", login: "author", id: issue.user?.node_id, databaseId: issue.user?.id },
        labels: { nodes: [{ name: "bug" }] },
        comments: {
          totalCount: 2,
          nodes: [
            { databaseId: said.id, body: "Me, too.", lastEditedAt: at, editor: { login: "maintainer" } },
            {
              id: own.node_id,
              databaseId: own.id,
              fullDatabaseId: String(own.id),
              body: "On it.",
              isMinimized: false,
              lastEditedAt: null,
              editor: null,
              url: own.html_url,
              author: { __typename: "Bot", login: "orch", databaseId: own.user?.id },
            },
          ],
        },
      },
    },
  });
});

test("a file is read at HEAD, in one request with all the rest", async () => {
  const { github, repo, bot, on } = await withIssue();
  await github.commit(repo, "main", { ".github/orch.yml": "agent: claude\n" }, "Configure");
  const query = `query ($owner: String!, $name: String!) {
    repository(owner: $owner, name: $name) {
      there: object(expression: "HEAD:.github/orch.yml") { __typename oid ... on Blob { text byteSize isBinary } }
      gone: object(expression: "HEAD:.github/none.yml") { oid }
      folder: object(expression: "main:src") { __typename }
      tip: object(expression: "main") { __typename oid }
    }
  }`;
  const { owner, name } = on;
  expect(await bot.graphql(query, { owner, name })).toEqual({
    repository: {
      there: { __typename: "Blob", oid: expect.any(String), text: "agent: claude\n", byteSize: 14, isBinary: false },
      gone: null,
      folder: { __typename: "Tree" },
      tip: { __typename: "Commit", oid: github.state.branches(repo).main },
    },
  });
});

test("lists go page by page, from either end", async () => {
  const { github, repo, number, bot, on } = await withIssue();
  for (const body of ["1", "2", "3", "4", "5"]) await github.comment(repo, number, body, { as: "author" });
  type Page = { nodes: { body: string }[]; pageInfo: { endCursor: string; startCursor: string } & object };
  const ask = async (bounds: string) => {
    const query = `query ($owner: String!, $name: String!, $number: Int!) { repository(owner: $owner, name: $name) {
      issue(number: $number) { comments(${bounds}) {
        nodes { body } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      } } } }`;
    const answer = await bot.graphql<{ repository: { issue: { comments: Page } } }>(query, on);
    const { nodes, pageInfo } = answer.repository.issue.comments;
    return { bodies: nodes.map((each) => each.body).join(""), pageInfo };
  };
  const first = await ask("first: 2");
  expect(first).toMatchObject({ bodies: "12", pageInfo: { hasNextPage: true, hasPreviousPage: false } });
  const second = await ask(`first: 3, after: "${first.pageInfo.endCursor}"`);
  expect(second).toMatchObject({ bodies: "345", pageInfo: { hasNextPage: false, hasPreviousPage: true } });
  const last = await ask("last: 2");
  expect(last).toMatchObject({ bodies: "45", pageInfo: { hasNextPage: false, hasPreviousPage: true } });
  expect(await ask(`last: 2, before: "${last.pageInfo.startCursor}"`)).toMatchObject({ bodies: "23" });
  expect(await ask("first: 0")).toMatchObject({ bodies: "", pageInfo: { startCursor: null } });
});

test("the address of github.com and that of Enterprise answer", async () => {
  const { github } = await withIssue();
  const authorization = `token ${github.createUser("reader").token}`;
  for (const path of ["/graphql", "/api/graphql"]) {
    const body = JSON.stringify({ query: "{ rateLimit { limit } }" });
    const answer = await fetch(`${github.url}${path}`, { method: "POST", headers: { authorization }, body });
    expect([answer.status, await answer.json()]).toEqual([200, { data: { rateLimit: { limit: 5000 } } }]);
  }
});

test("nobody is answered without credentials, nor the App outside of an installation", async () => {
  const { github } = await withIssue();
  const query = '{ repository(owner: "octo-org", name: "sample") { name } }';
  await expect(octokit(github).graphql(query)).rejects.toMatchObject({ status: 401 });
  await expect(octokit(github, appJwt(github)).graphql(query)).rejects.toMatchObject({
    errors: [{ type: "FORBIDDEN" }],
  });
});
