import nock from "nock";
import { ProbotOctokit } from "probot";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkGranted } from "../../src/workers-api/granted.ts";

const API = "https://api.github.test";
const octokit = new ProbotOctokit({ baseUrl: API, retry: { enabled: false }, throttle: { enabled: false } });
const check = () => checkGranted({ forApp: async () => octokit }, 41);
const given = (permissions: Record<string, string>) =>
  nock(API).get("/app/installations/41").reply(200, { html_url: "https://github.test/installations/41", permissions });

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

test("an installation that was given what publishing needs is fine", async () => {
  given({ contents: "write", pull_requests: "write" });
  await check();
});

test("what is missing is named, and where it is accepted", async () => {
  given({ contents: "read" });
  await expect(check()).rejects.toMatchObject({
    code: "permission_missing",
    message: expect.stringMatching(/`contents: write` .* and `pull_requests: write` .*installations\/41/),
  });
});

test("a failure of GitHub's is asked again", async () => {
  nock(API).get("/app/installations/41").reply(502, {});
  await expect(check()).rejects.toMatchObject({ status: 502 });
});
