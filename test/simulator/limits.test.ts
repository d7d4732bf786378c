/** Limits, versions, conditional requests, and the book of what an installation used. */
import type { Octokit } from "@octokit/rest";
import { expect, test } from "vitest";
import { asBot, installationToken, octokit, sample } from "./support/setting.ts";

type Refusal = { status: number; response: { headers: Record<string, string>; data: { message: string } } };
const refusal = (call: Promise<unknown>): Promise<Refusal | undefined> =>
  call.then(
    () => undefined,
    (error: Refusal) => error,
  );

async function withIssue(options: Parameters<typeof sample>[0] = {}) {
  const setting = await sample(options);
  const { github, repo, at } = setting;
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const bot = await asBot(github, repo.installationId);
  const say = () => bot.issues.createComment({ ...at, issue_number: number, body: "again" });
  return { ...setting, number, bot, say };
}

test("creating too much content in a minute or in an hour is refused with retry-after", async () => {
  for (const [limit, longest] of [
    [{ contentPerMinute: 3 }, 60],
    [{ contentPerHour: 3 }, 3_600],
  ] as const) {
    const { github, say } = await withIssue({ secondaryLimits: limit });
    for (let n = 0; n < 3; n += 1) expect((await say()).status).toBe(201);
    const refused = await refusal(say());
    expect(refused?.status).toBe(403);
    expect(refused?.response.data.message).toContain("secondary rate limit");
    const seconds = Number(refused?.response.headers["retry-after"]);
    expect(seconds).toBeGreaterThan(longest - 30);
    expect(seconds).toBeLessThanOrEqual(longest);
    github.setSecondaryLimits({});
    expect((await say()).status).toBe(201);
  }
});

test("points are spent by reads and, five times as fast, by writes; GitHub may answer 429", async () => {
  const { at, number, bot, say, github } = await withIssue();
  github.setSecondaryLimits({ pointsPerMinute: 7, status: 429 });
  const read = () => bot.issues.get({ ...at, issue_number: number });
  expect((await say()).status).toBe(201);
  expect([(await read()).status, (await read()).status]).toEqual([200, 200]);
  expect((await refusal(read()))?.status).toBe(429);
  expect(Number((await refusal(say()))?.response.headers["retry-after"])).toBeGreaterThan(0);
});

test("each caller has limits of its own", async () => {
  const { github, at, number, say } = await withIssue({ secondaryLimits: { contentPerMinute: 1 } });
  await say();
  const person = octokit(github, github.createUser("maintainer").token);
  expect((await person.issues.createComment({ ...at, issue_number: number, body: "x" })).status).toBe(201);
  expect((await refusal(say()))?.status).toBe(403);
});

test("what an installation asked for and wrote can be read, by route", async () => {
  const { github, repo, at, number, bot, say } = await withIssue();
  const on = { ...at, issue_number: number };
  const before = github.usage(repo.installationId);
  expect(before).toEqual({ requests: 0, notModified: 0, graphqlPoints: 0, contentWrites: 0, routes: {} });
  const comment = (await say()).data.id;
  await bot.issues.updateComment({ ...at, comment_id: comment, body: "other" });
  await bot.reactions.createForIssueComment({ ...at, comment_id: comment, content: "eyes" });
  await bot.issues.addLabels({ ...on, labels: ["orch"] });
  await refusal(bot.issues.createComment({ ...at, issue_number: 99, body: "x" }));
  const first = await bot.issues.get(on);
  await refusal(bot.issues.get({ ...on, headers: { "if-none-match": first.headers.etag } }));
  expect(github.usage(repo.installationId)).toEqual({
    requests: 6,
    notModified: 1,
    graphqlPoints: 0,
    contentWrites: 2,
    routes: {
      "POST /repos/{owner}/{repo}/issues/{number}/comments": 1,
      "PATCH /repos/{owner}/{repo}/issues/comments/{id}": 1,
      "POST /repos/{owner}/{repo}/issues/comments/{id}/reactions": 1,
      "POST /repos/{owner}/{repo}/issues/{number}/labels": 1,
      "GET /repos/{owner}/{repo}/issues/{number}": 2,
    },
  });
});

test("an ETag holds for the token that it was given to, and costs no budget", async () => {
  const { github, repo, at, number } = await withIssue();
  const asToken = async () => octokit(github, await installationToken(github, repo.installationId));
  const [one, another] = [await asToken(), await asToken()];
  const on = { ...at, issue_number: number };
  const first = await one.issues.get(on);
  const headers = { "if-none-match": first.headers.etag };
  const used = (of: { headers: object }) => Number((of.headers as Record<string, string>)["x-ratelimit-used"]);
  const unchanged = await refusal(one.issues.get({ ...on, headers }));
  expect([unchanged?.status, used(unchanged?.response ?? { headers: {} })]).toEqual([304, used(first)]);
  expect((await another.issues.get({ ...on, headers })).status).toBe(200);
  await github.comment(repo, number, "news", { as: "maintainer" });
  expect((await one.issues.get({ ...on, headers })).status).toBe(200);
});

test("the version of the API that is asked for is the one of the answer, an unknown one is refused", async () => {
  const { at, bot } = await withIssue();
  const ask = (version?: string) =>
    (bot as Octokit).repos.get({ ...at, headers: version ? { "x-github-api-version": version } : {} });
  const selected = async (version?: string) => (await ask(version)).headers["x-github-api-version-selected"];
  expect([await selected(), await selected("2022-11-28"), await selected("2026-03-10")]).toEqual([
    "2022-11-28",
    "2022-11-28",
    "2026-03-10",
  ]);
  expect((await refusal(ask("2020-01-01")))?.status).toBe(400);
});
