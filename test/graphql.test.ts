/** Questions in GraphQL: their answers, what a refusal means, and that they wait behind no write. */
import nock from "nock";
import { pino } from "pino";
import { ProbotOctokit } from "probot";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { startSimulator } from "../simulator/simulator.ts";
import { classify, isFinal, makeGitHub, retryAfterMs } from "../src/github.ts";
import { ask } from "../src/graphql.ts";
import { closeGitHub } from "./support/close-github.ts";

const titleOf = {
  query: `query ($owner: String!, $name: String!, $number: Int!) {
    repository(owner: $owner, name: $name) { issue(number: $number) { title } }
  }`,
  answer: z.object({ repository: z.object({ issue: z.object({ title: z.string() }) }) }),
};

describe("what a refusal in GraphQL means", () => {
  const API = "https://api.github.test";
  afterEach(() => nock.cleanAll());

  async function refusal(errors: object[], { headers = {}, throttle = false, query = "{ viewer { login } }" } = {}) {
    nock(API).post("/graphql").reply(200, { data: null, errors }, headers);
    const limits = { onRateLimit: () => false, onSecondaryRateLimit: () => false };
    const options = { baseUrl: API, retry: { enabled: false }, throttle: { enabled: throttle, ...limits } };
    return await new ProbotOctokit(options).graphql(query).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  test.each<[string, object[], Record<string, string>, string]>([
    ["what is not there", [{ type: "NOT_FOUND", message: "Could not resolve to an Issue" }], {}, "gone"],
    ["what is not there, on the last point", [{ type: "NOT_FOUND" }], { "x-ratelimit-remaining": "0" }, "gone"],
    ["a missing permission", [{ type: "FORBIDDEN", message: "Resource not accessible" }], {}, "forbidden"],
    [
      "an archived repository",
      [{ type: "FORBIDDEN", message: "Repository was archived so is read-only." }],
      {},
      "archived",
    ],
    ["a suspended App", [{ type: "FORBIDDEN", message: "This installation has been suspended" }], {}, "suspended"],
    ["too many points", [{ type: "RATE_LIMITED", message: "API rate limit exceeded" }], {}, "rate_limited"],
    ["the same in newer words", [{ type: "RATE_LIMIT", code: "graphql_rate_limit" }], {}, "rate_limited"],
    ["the secondary limit", [{ message: "You have exceeded a secondary rate limit." }], {}, "rate_limited"],
    ["a wish to wait", [{ message: "Wait." }], { "retry-after": "60" }, "rate_limited"],
    ["a value that is refused", [{ type: "UNPROCESSABLE", message: "Body is too long" }], {}, "invalid"],
    ["a list without size", [{ type: "MISSING_PAGINATION_BOUNDARIES" }], {}, "invalid"],
    ["an unknown field", [{ message: "no field", extensions: { code: "undefinedField" } }], {}, "invalid"],
    [
      "a query that took too long",
      [{ message: "Something went wrong while executing your query." }],
      {},
      "unavailable",
    ],
    ["what nobody knows", [{ type: "SOMETHING_NEW", message: "Hm." }], {}, "unavailable"],
    [
      "two things, one of which passes",
      [{ type: "NOT_FOUND" }, { message: "Something went wrong" }],
      {},
      "unavailable",
    ],
  ])("%s", async (_, errors, headers, expected) => {
    expect(classify(await refusal(errors, { headers }))).toBe(expected);
  });

  test("what is not there ends it, what passes does not", async () => {
    expect(isFinal(classify(await refusal([{ type: "NOT_FOUND" }])))).toBe(true);
    expect(isFinal(classify(await refusal([{ message: "Something went wrong" }])))).toBe(false);
  });

  test("how long to wait is told as in REST", async () => {
    const now = 1_700_000_000_000;
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1_000 + 30) };
    expect(retryAfterMs(await refusal([{ type: "RATE_LIMITED" }], { headers }), now)).toBe(30_000);
  });

  test("a limit that Octokit's throttle has seen first is a limit all the same", async () => {
    const error = await refusal([{ type: "RATE_LIMITED" }], { throttle: true, query: "mutation { x }" });
    expect([classify(error), (error as Error).name]).toEqual(["rate_limited", "Error"]);
  });

  test("no answer at all may pass", async () => {
    nock(API).post("/graphql").replyWithError("connection reset");
    const octokit = new ProbotOctokit({ baseUrl: API, retry: { enabled: false }, throttle: { enabled: false } });
    expect(classify(await octokit.graphql("{ x }").catch((error: unknown) => error))).toBe("unavailable");
  });
});

describe("against a GitHub on loopback", () => {
  async function setting(throttle: boolean) {
    const simulator = await startSimulator();
    onTestFinished(() => closeGitHub(simulator));
    const files = { "README.md": "# Calculator\n" };
    const repo = await simulator.createRepository({ owner: "octo-org", name: "calculator", files });
    const { number } = await simulator.openIssue(repo, { as: "maintainer", title: "Tests fail" });
    const host = `127.0.0.1:${simulator.port}`;
    const server = { protocol: "http" as const, host, apiUrl: `http://${host}/api/v3`, webUrl: `http://${host}` };
    const { id: appId, privateKey } = simulator.app;
    const github = makeGitHub({ appId, privateKey, github: server, throttle }, pino({ level: "silent" }));
    const on = { owner: "octo-org", name: "calculator", number };
    return { simulator, repo, on, github, octokit: () => github.forInstallation(repo.installationId) };
  }

  test("a question is answered, in a shape", async () => {
    const { octokit, on } = await setting(false);
    expect(await ask(await octokit(), titleOf, on)).toEqual({ repository: { issue: { title: "Tests fail" } } });
    const wrong = { ...titleOf, answer: z.object({ repository: z.null() }) };
    await expect(ask(await octokit(), wrong, on)).rejects.toThrow(z.ZodError);
  });

  test("a question overtakes the comments that wait to be written", async () => {
    const { simulator, octokit, on } = await setting(true);
    const client = await octokit();
    const place = { owner: on.owner, repo: on.name, issue_number: on.number };
    const comments = ["1", "2"].map((body) => client.rest.issues.createComment({ ...place, body }));
    await comments[0];
    expect(await ask(client, titleOf, on)).toMatchObject({ repository: { issue: { title: "Tests fail" } } });
    await Promise.all(comments);
    const paths = simulator.requests().map((each) => each.path.split("/").at(-1));
    expect(paths.filter((each) => each === "comments" || each === "graphql")).toEqual([
      "comments",
      "graphql",
      "comments",
    ]);
  });

  test("a mutation keeps its place among the writes", async () => {
    const { simulator, octokit, on } = await setting(true);
    const client = await octokit();
    const place = { owner: on.owner, repo: on.name, issue_number: on.number };
    const { data: comment } = await client.rest.issues.createComment({ ...place, body: "Old." });
    const query = `mutation ($id: ID!) { minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) {
      minimizedComment { isMinimized } } }`;
    const writes = [
      client.rest.reactions.createForIssue({ ...place, content: "eyes" }),
      client.graphql(query, { id: comment.node_id }),
    ];
    expect((await Promise.all(writes))[1]).toEqual({ minimizeComment: { minimizedComment: { isMinimized: true } } });
    const [reaction, mutation] = simulator.requests().slice(-2);
    expect([reaction?.path, mutation?.path]).toEqual([expect.stringMatching(/reactions$/), "/graphql"]);
    // Whole seconds lie between writes, milliseconds between what is sent at once.
    expect(Date.parse(mutation?.at ?? "") - Date.parse(reaction?.at ?? "")).toBeGreaterThan(900);
  });

  test("a revoked token is replaced after one 401 to a question", async () => {
    const { simulator, octokit, on } = await setting(false);
    await ask(await octokit(), titleOf, on);
    simulator.expireTokens();
    await expect(ask(await octokit(), titleOf, on)).rejects.toMatchObject({ status: 401 });
    expect(await ask(await octokit(), titleOf, on)).toMatchObject({ repository: { issue: { title: "Tests fail" } } });
  });

  test("an installation that is suspended, and one that is gone, are told as in REST", async () => {
    const { simulator, repo, octokit, on } = await setting(false);
    simulator.suspendInstallation(repo.installationId);
    expect(classify(await ask(await octokit(), titleOf, on).catch((error: unknown) => error))).toBe("suspended");
    simulator.unsuspendInstallation(repo.installationId);
    simulator.deleteInstallation(repo.installationId);
    const failure = classify(await ask(await octokit(), titleOf, on).catch((error: unknown) => error));
    expect(failure).toBe("installation_gone");
  });

  test("a question for an issue that is not there is a question about something gone", async () => {
    const { octokit, on } = await setting(false);
    const failure = await ask(await octokit(), titleOf, { ...on, number: 99 }).catch((error: unknown) => error);
    expect(classify(failure)).toBe("gone");
  });
});
