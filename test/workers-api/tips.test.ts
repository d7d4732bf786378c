import nock from "nock";
import { pino } from "pino";
import { ProbotOctokit } from "probot";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { GitHub } from "../../src/github.ts";
import { findTips } from "../../src/workers-api/tips.ts";
import { makeSpec } from "../support/task-spec.ts";

const API = "https://api.github.test";
const REF = "/repos/octo-org/calculator/git/ref/";
const [MAIN, TOPIC] = ["1".repeat(40), "2".repeat(40)];
const octokit = new ProbotOctokit({ baseUrl: API, retry: { enabled: false }, throttle: { enabled: false } });
const github = { forInstallation: async () => octokit } as unknown as GitHub;

let told: { msg: string; task: string }[] = [];
const log = pino({ level: "warn" }, { write: (line: string) => void told.push(JSON.parse(line)) });
const onPull = (headRef: string, baseRef = "main") =>
  makeSpec({ target: { kind: "pull", defaultBranch: "main", headRef, headSha: TOPIC, baseRef } });
const tipsOf = (spec = makeSpec()) => findTips({ github, log }, spec);

beforeEach(() => {
  nock.disableNetConnect();
  told = [];
});
afterEach(() => {
  nock.cleanAll();
  nock.enableNetConnect();
});

const answers = (path: string, status: number, body: object) => nock(API).get(`${REF}${path}`).reply(status, body);
const stands = (path: string, ref: string, sha: string) =>
  answers(path, 200, { ref: `refs/heads/${ref}`, object: { sha, type: "commit" } });

test("an issue's work starts from the default branch, which is asked for once", async () => {
  stands("heads%2Fmain", "main", MAIN);
  expect(await tipsOf()).toEqual({ main: MAIN });
});

test("the branch that a pull request is to be merged into is told as well", async () => {
  stands("heads%2Fmain", "main", MAIN);
  stands("heads%2Ftopic", "topic", TOPIC);
  stands("heads%2Fnext", "next", MAIN);
  expect(await tipsOf(onPull("topic", "next"))).toEqual({ main: MAIN, topic: TOPIC, next: MAIN });
});

test.each([
  ["fix/a-b_c.d", "heads%2Ffix%2Fa-b_c.d"],
  ["größe/ä", "heads%2Fgr%C3%B6%C3%9Fe%2F%C3%A4"],
  ["50%/#1?&+$(id);x", "heads%2F50%25%2F%231%3F%26%2B%24%28id%29%3Bx"],
])("of a pull request both branches are told: %s is asked for by its whole name", async (name, path) => {
  stands("heads%2Fmain", "main", MAIN);
  stands(path, name, TOPIC);
  expect(await tipsOf(onPull(name))).toEqual({ main: MAIN, [name]: TOPIC });
  expect(told).toEqual([]);
});

test.each([
  ["is gone", 404, { message: "Not Found" }],
  ["belongs to an empty repository", 409, { message: "Git Repository is empty." }],
  ["is called something else by now", 200, { ref: "refs/heads/renamed", object: { sha: TOPIC, type: "commit" } }],
])("a branch that %s is left out", async (_why, status, body) => {
  stands("heads%2Fmain", "main", MAIN);
  answers("heads%2Ftopic", status, body);
  expect(await tipsOf(onPull("topic"))).toEqual({ main: MAIN });
  expect(told).toEqual([]);
});

test.each([403, 429, 500, 502])("nothing is told when GitHub answers %d, and the log says so", async (status) => {
  stands("heads%2Fmain", "main", MAIN);
  answers("heads%2Ftopic", status, { message: "Not now" });
  const spec = onPull("topic");
  expect(await tipsOf(spec)).toBeUndefined();
  expect(told).toMatchObject([
    { task: spec.id, msg: expect.stringContaining("does not say where the branches stand") },
  ]);
});

test("nothing is told when GitHub takes too long", async () => {
  const patience = new AbortController();
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(patience.signal);
  nock(API)
    .get(`${REF}heads%2Fmain`)
    .reply(() => {
      patience.abort();
      return new Promise<never>(() => undefined);
    });
  expect(await tipsOf()).toBeUndefined();
  expect(told).toHaveLength(1);
});

test.each([
  ["the request waits for its turn", async () => ({ rest: { git: { getRef: () => new Promise(() => undefined) } } })],
  ["the installation's token is waited for", () => new Promise(() => undefined)],
])("nothing is told either when %s for too long", async (_what, forInstallation) => {
  const patience = new AbortController();
  vi.spyOn(AbortSignal, "timeout").mockReturnValue(patience.signal);
  const tips = findTips({ github: { forInstallation } as unknown as GitHub, log }, makeSpec());
  patience.abort();
  expect(await tips).toBeUndefined();
  expect(told).toHaveLength(1);
});
