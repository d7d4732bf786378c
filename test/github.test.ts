import nock from "nock";
import { pino } from "pino";
import { ProbotOctokit } from "probot";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../simulator/simulator.ts";
import { classify, type GitHub, isFinal, makeGitHub, retryAfterMs } from "../src/github.ts";

describe("what a refusal means", () => {
  const API = "https://api.github.test";
  const octokit = new ProbotOctokit({ baseUrl: API, retry: { enabled: false }, throttle: { enabled: false } });
  afterEach(() => nock.cleanAll());

  async function refusal(status: number, message: string, headers: Record<string, string> = {}, path = "/repos/a/b") {
    nock(API).get(path).reply(status, { message }, headers);
    return await octokit.request(`GET ${path}`).then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  test.each<[number, string, Record<string, string>, string]>([
    [404, "Not Found", {}, "gone"],
    [410, "This issue was deleted", {}, "gone"],
    [403, "This installation has been suspended", {}, "suspended"],
    [403, "Repository was archived so is read-only.", {}, "archived"],
    [403, "Resource not accessible by integration", {}, "forbidden"],
    [403, "API rate limit exceeded", { "x-ratelimit-remaining": "0" }, "rate_limited"],
    [403, "You have exceeded a secondary rate limit.", {}, "rate_limited"],
    [403, "Wait.", { "retry-after": "60" }, "rate_limited"],
    [429, "Too many requests", {}, "rate_limited"],
    [422, "Validation Failed", {}, "invalid"],
    [401, "Bad credentials", {}, "unavailable"],
    [502, "Bad Gateway", {}, "unavailable"],
  ])("%i %s %j is %s", async (status, message, headers, expected) => {
    expect(classify(await refusal(status, message, headers))).toBe(expected);
  });

  test("a 404 for the token itself means that the App was removed", async () => {
    const failure = classify(await refusal(404, "Not Found", {}, "/app/installations/7/access_tokens"));
    expect([failure, isFinal(failure)]).toEqual(["installation_gone", true]);
  });

  test("no answer at all may pass", async () => {
    nock(API).get("/repos/a/b").replyWithError("connection reset");
    expect(classify(await octokit.request("GET /repos/a/b").catch((error: unknown) => error))).toBe("unavailable");
    expect([classify(new Error("anything")), classify(undefined)]).toEqual(["unavailable", "unavailable"]);
  });

  test("how long to wait is GitHub's word", async () => {
    const now = 1_700_000_000_000;
    expect(retryAfterMs(await refusal(429, "Slow down", { "retry-after": "17" }), now)).toBe(17_000);
    const reset = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(now / 1_000 + 30) };
    expect(retryAfterMs(await refusal(403, "limit", reset), now)).toBe(30_000);
    expect(retryAfterMs(await refusal(500, "oops"), now)).toBeUndefined();
  });
});

describe("against a GitHub on loopback", () => {
  let simulator: Simulator;
  let connect: () => GitHub;
  let github: GitHub;
  let installationId: number;
  const place = { owner: "octo-org", repo: "calculator" };

  beforeAll(async () => {
    simulator = await startSimulator();
    const files = { "README.md": "# Calculator\n" };
    ({ installationId } = await simulator.createRepository({ owner: "octo-org", name: "calculator", files }));
    const host = `127.0.0.1:${simulator.port}`;
    const server = { protocol: "http" as const, host, apiUrl: `http://${host}/api/v3`, webUrl: `http://${host}` };
    const { id: appId, privateKey } = simulator.app;
    connect = () => makeGitHub({ appId, privateKey, github: server, throttle: false }, pino({ level: "silent" }));
    github = connect();
  });
  afterAll(async () => {
    const violations = simulator.violations();
    await simulator.close();
    expect(violations).toEqual([]);
  });

  test("knows who it is, whichever installation asks", async () => {
    const { id, slug, botId, botLogin } = simulator.app;
    expect(await github.appIdentity(installationId)).toEqual({ id, slug, botId, botLogin });
    expect(await connect().appIdentity(4_711)).toEqual({ id, slug, botId, botLogin });
  });

  test.each(["suspended", "deleted"])("an installation that is %s does not keep it from the others", async (how) => {
    const files = { "README.md": "# Calculator\n" };
    const other = await simulator.createRepository({ owner: `org-${how}`, name: "calculator", files });
    const fresh = connect();
    if (how === "suspended") simulator.suspendInstallation(other.installationId);
    else simulator.deleteInstallation(other.installationId);
    // A server in private mode tells strangers nothing about its users.
    const fault = simulator.faults.api({ match: { path: /^\/users\// }, times: 1, action: { status: 404 } });
    const failure = await fresh.appIdentity(other.installationId).catch((error: unknown) => error);
    expect([fault.fired, failure]).toEqual([1, expect.any(Error)]);
    expect(classify(failure)).toBe("unavailable");
    expect((await fresh.appIdentity(installationId)).botId).toBe(simulator.app.botId);
  });

  test.each([403, 404, 410])("GitHub's %i to the question who we are is nobody's failure", async (status) => {
    const fault = simulator.faults.api({ match: { path: /\/app$/ }, times: 1, action: { status } });
    const failure = await connect()
      .appIdentity(installationId)
      .catch((error: unknown) => error);
    expect([fault.fired, classify(failure)]).toEqual([1, "unavailable"]);
  });

  test("all clients of an installation share one token", async () => {
    const before = simulator.tokensIssued().length;
    for (let client = 0; client < 3; client++) {
      const octokit = await github.forInstallation(installationId);
      expect((await octokit.rest.repos.get(place)).data.name).toBe("calculator");
    }
    expect(simulator.tokensIssued().length - before).toBeLessThan(2);
  });

  test("what is unchanged is not sent again, and a list that goes on is read page by page all the same", async () => {
    const octokit = await github.forInstallation(installationId);
    const { number } = await simulator.openIssue("octo-org/calculator", { as: "octo-org", title: "Hi" });
    const list = () =>
      octokit.paginate(octokit.rest.issues.listComments, { ...place, issue_number: number, per_page: 2 });
    for (const text of ["1", "2", "3"])
      await simulator.comment(`${place.owner}/${place.repo}`, number, text, { as: "octo-org" });
    const texts = async () => (await list()).map(({ body }) => body);
    expect(await texts()).toEqual(["1", "2", "3"]);
    const before = simulator.requests().length;
    expect(await texts()).toEqual(["1", "2", "3"]);
    expect(
      simulator
        .requests()
        .slice(before)
        .map(({ status }) => status),
    ).toEqual([304, 304]);
    await simulator.comment(`${place.owner}/${place.repo}`, number, "4", { as: "octo-org" });
    expect(await texts()).toEqual(["1", "2", "3", "4"]);
  });

  test("every request names the version of the API that we speak", async () => {
    const octokit = await github.forInstallation(installationId);
    const { headers } = await octokit.rest.repos.get(place);
    expect(headers["x-github-api-version-selected"]).toBe("2022-11-28");
  });

  test("a failed write is not repeated behind our back", async () => {
    const octokit = await github.forInstallation(installationId);
    const { number } = await simulator.openIssue("octo-org/calculator", { as: "octo-org", title: "Hi" });
    const fault = simulator.faults.api({
      match: { method: "POST", path: /comments$/ },
      times: 3,
      action: { status: 502 },
    });
    const comment = { ...place, issue_number: number, body: "hello" };
    await expect(octokit.rest.issues.createComment(comment)).rejects.toMatchObject({ status: 502 });
    expect(fault.fired).toBe(1);
    fault.cancel();
  });

  test("a revoked token is replaced after one 401", async () => {
    await (await github.forInstallation(installationId)).rest.repos.get(place);
    simulator.expireTokens();
    const stale = await github.forInstallation(installationId);
    await expect(stale.rest.repos.get(place)).rejects.toMatchObject({ status: 401 });
    const fresh = await github.forInstallation(installationId);
    expect((await fresh.rest.repos.get(place)).status).toBe(200);
  });
});
