/** What GraphQL refuses: by whom, for what, and in which words. */
import { expect, test } from "vitest";
import { asBot, person, sample } from "./support/setting.ts";

const issueQuery = `query ($owner: String!, $name: String!, $number: Int = 1) {
  repository(owner: $owner, name: $name) { name issue(number: $number) { title } }
}`;

const here = { owner: "octo-org", name: "sample" };

async function withIssue(options?: Parameters<typeof sample>[0]) {
  const setting = await sample(options);
  await setting.github.openIssue(setting.repo, { as: "maintainer", title: "Tests fail" });
  return { ...setting, bot: await asBot(setting.github, setting.repo.installationId) };
}

test("what does not exist is NOT_FOUND, beside what does", async () => {
  const { bot } = await withIssue();
  await expect(bot.graphql(issueQuery, { ...here, name: "none" })).rejects.toMatchObject({
    data: { repository: null },
    errors: [
      {
        type: "NOT_FOUND",
        path: ["repository"],
        locations: [{ line: 2, column: 3 }],
        message: "Could not resolve to a Repository with the name 'octo-org/none'.",
      },
    ],
  });
  await expect(bot.graphql(issueQuery, { ...here, number: 99 })).rejects.toMatchObject({
    data: { repository: { name: "sample", issue: null } },
    errors: [{ type: "NOT_FOUND", message: "Could not resolve to an Issue with the number of 99." }],
  });
  const pull = issueQuery.replace("issue(", "pullRequest(");
  await expect(bot.graphql(pull, here)).rejects.toMatchObject({
    errors: [{ type: "NOT_FOUND", message: "Could not resolve to a PullRequest with the number of 1." }],
  });
});

test("a private repository does not exist for strangers", async () => {
  const { github, bot } = await withIssue({ private: true });
  await expect(person(github, "stranger").graphql(issueQuery, here)).rejects.toMatchObject({
    data: { repository: null },
    errors: [{ type: "NOT_FOUND" }],
  });
  expect(await person(github, "maintainer").graphql(issueQuery, here)).toMatchObject({
    repository: { name: "sample" },
  });
  expect(await bot.graphql(issueQuery, here)).toMatchObject({ repository: { issue: { title: "Tests fail" } } });
});

test("a token reaches no further than its permissions and its repositories", async () => {
  const { github, repo } = await withIssue({ private: true });
  const reader = await asBot(github, repo.installationId, { permissions: { contents: "read" } });
  const query = `query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) {
    issue(number: 1) { title } object(expression: "HEAD:README.md") { ... on Blob { text } } } }`;
  await expect(reader.graphql(query, here)).rejects.toMatchObject({
    data: { repository: { issue: null, object: { text: "# Sample\n" } } },
    errors: [{ type: "FORBIDDEN", path: ["repository", "issue"], message: "Resource not accessible by integration" }],
  });
  const files = { "README.md": "# Other\n" };
  const other = await github.createRepository({ owner: "octo-org", name: "other", private: true, files });
  const narrow = await asBot(github, repo.installationId, { repository_ids: [other.id] });
  await expect(narrow.graphql(issueQuery, here)).rejects.toMatchObject({ errors: [{ type: "NOT_FOUND" }] });
});

test("a suspended installation and a token that has ended are refused before the query is read", async () => {
  const { github, repo, bot } = await withIssue();
  github.suspendInstallation(repo.installationId);
  await expect(bot.graphql(issueQuery, here)).rejects.toMatchObject({ status: 403, message: /suspended/ });
  github.unsuspendInstallation(repo.installationId);
  github.expireTokens();
  await expect(bot.graphql(issueQuery, here)).rejects.toMatchObject({ status: 401 });
});

test("a query that GitHub's schema does not know is refused whole, and is a violation", async () => {
  const { github, bot } = await withIssue({ expectViolations: true });
  const misspelt = issueQuery.replace("title }", "titel }");
  await expect(bot.graphql(misspelt, here)).rejects.toMatchObject({
    errors: [
      {
        message: "Field 'titel' doesn't exist on type 'Issue'",
        extensions: { code: "undefinedField", typeName: "Issue", fieldName: "titel" },
      },
    ],
  });
  await expect(bot.graphql("{ rateLimit { cost }")).rejects.toThrow("Syntax Error");
  await expect(bot.graphql(issueQuery, { ...here, number: "1" })).rejects.toThrow(/\$number/);
  expect(github.violations()).toEqual([
    expect.stringContaining("titel"),
    expect.stringContaining("Syntax Error"),
    expect.stringContaining("$number"),
  ]);
});

test("a list needs a size, and no large one", async () => {
  const { github, bot } = await withIssue({ expectViolations: true });
  const comments = (bounds: string) => issueQuery.replace("title }", `title comments${bounds} { totalCount } }`);
  await expect(bot.graphql(comments(""), here)).rejects.toMatchObject({
    errors: [{ type: "MISSING_PAGINATION_BOUNDARIES", path: ["repository", "issue", "comments"] }],
  });
  await expect(bot.graphql(comments("(first: 101)"), here)).rejects.toMatchObject({
    errors: [{ type: "EXCESSIVE_PAGINATION", message: expect.stringContaining("101 records") }],
  });
  await expect(bot.graphql(comments('(first: 1, after: "x")'), here)).rejects.toMatchObject({
    errors: [{ type: "INVALID_CURSOR_ARGUMENTS" }],
  });
  expect(github.violations()).toHaveLength(3);
});

test("points are counted apart from requests, and a query that costs more takes more", async () => {
  const { github, repo } = await sample({ pointsPerHour: 54 });
  const bot = await asBot(github, repo.installationId);
  const query = `query ($owner: String!, $name: String!) {
    rateLimit { cost limit remaining used nodeCount resetAt }
    repository(owner: $owner, name: $name) {
      pullRequest(number: 1) { reviewThreads(first: 100) { nodes { comments(first: 50) { nodes {
        reactions(first: 1) { totalCount } } } } } }
    }
  }`;
  await github.commit(repo, "topic", { "notes.md": "one\n" }, "Write");
  await github.openPull(repo, { as: "maintainer", title: "Write", head: "topic", base: "main" });
  const { data, headers } = await bot.request("POST /graphql", { query, variables: here });
  // 1 + 100 + 5,000 connections, as in GitHub's own example.
  expect(data.data.rateLimit).toMatchObject({ cost: 51, limit: 54, remaining: 3, used: 51, nodeCount: 10_100 });
  expect(headers).toMatchObject({ "x-ratelimit-resource": "graphql", "x-ratelimit-remaining": "3" });
  expect(github.usage(repo.installationId)).toMatchObject({ graphqlPoints: 51, requests: 0 });
  const { data: limits } = await bot.rateLimit.get();
  expect(limits.resources).toMatchObject({ core: { used: 0 }, graphql: { limit: 54, used: 51 } });
  await expect(bot.graphql(query, here)).rejects.toMatchObject({
    headers: { "x-ratelimit-remaining": "3" },
    errors: [{ type: "RATE_LIMITED", message: expect.stringContaining("API rate limit exceeded") }],
  });
});

test("a query for more nodes than GitHub gives is not begun", async () => {
  const { bot } = await withIssue({ expectViolations: true });
  const query = `query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) {
    pullRequest(number: 1) { reviewThreads(first: 100) { nodes { comments(first: 100) { nodes {
      reactions(first: 100) { totalCount } } } } } } } }`;
  await expect(bot.graphql(query, here)).rejects.toMatchObject({ errors: [{ type: "MAX_NODE_LIMIT_EXCEEDED" }] });
});

test("too many points in a minute are refused by the status, and a mutation costs five", async () => {
  const { github, repo, bot } = await withIssue({ secondaryLimits: { graphqlPointsPerMinute: 6 } });
  const { data } = await bot.issues.get({ owner: repo.owner, repo: repo.name, issue_number: 1 });
  const react = `mutation ($id: ID!) { addReaction(input: { subjectId: $id, content: EYES }) { clientMutationId } }`;
  await bot.graphql(issueQuery, here);
  await bot.graphql(react, { id: data.node_id });
  await expect(bot.graphql(issueQuery, here)).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining("secondary rate limit"),
    response: { headers: { "retry-after": expect.any(String) } },
  });
  expect(github.usage(repo.installationId).graphqlPoints).toBeGreaterThan(1);
});

test("a locked conversation takes no reaction of an App, and says that it is locked", async () => {
  const { github, repo, bot } = await withIssue();
  await github.lockIssue(repo, 1, { as: "maintainer" });
  const { data } = await bot.issues.get({ owner: repo.owner, repo: repo.name, issue_number: 1 });
  const query =
    "query ($owner: String!, $name: String!) { repository(owner: $owner, name: $name) { issue(number: 1) { locked } } }";
  expect(await bot.graphql(query, here)).toEqual({ repository: { issue: { locked: true } } });
  const react = `mutation ($id: ID!) { addReaction(input: { subjectId: $id, content: EYES }) { clientMutationId } }`;
  await expect(bot.graphql(react, { id: data.node_id })).rejects.toMatchObject({
    errors: [{ type: "FORBIDDEN", message: expect.stringContaining("locked") }],
  });
});

test("a repository answers to the name that it had before, to those who may know it", async () => {
  const { github, repo, bot } = await withIssue({ private: true });
  github.renameRepository(repo, "renamed");
  expect(await bot.graphql(issueQuery, here)).toMatchObject({ repository: { name: "renamed" } });
  await expect(person(github, "stranger").graphql(issueQuery, here)).rejects.toMatchObject({
    errors: [{ type: "NOT_FOUND", message: "Could not resolve to a Repository with the name 'octo-org/sample'." }],
  });
});
