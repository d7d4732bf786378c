/** Mutations of good exchanges: which the judge catches, and, as honestly, which it cannot see. */
import { describe, expect, it } from "vitest";
import { type Exchange, makeJudge } from "../../simulator/judge/judge.ts";
import { readRest, readWebhooks } from "../../simulator/judge/published-schema.ts";
import { checkRun, comment, exchange, permission, ping, pull } from "./judge-samples.ts";

const judge = makeJudge();
const good: { [name: string]: Exchange } = { comment, checkRun, permission, pull };

describe("the judge accepts what GitHub's description allows", () => {
  it.each(Object.entries(good))("a good exchange: %s", (_name, sample) => {
    expect(judge.exchange(sample)).toEqual([]);
  });

  it.each([401, 403, 404, 422, 429, 500, 502, 503])("status %i from any endpoint", (status) => {
    expect(judge.exchange({ ...permission, status, responseBody: { message: "No" } })).toEqual([]);
  });

  it("an endpoint below /api/v3, a percent-encoded login, a path with slashes and a query", () => {
    const user = exchange("GET", "/api/v3/users/orch%5Bbot%5D", {
      status: 404,
      responseBody: { message: "Not Found" },
    });
    const file = exchange("GET", "/repos/o/r/contents/src/a/b.ts", { query: { ref: "main" }, status: 304 });
    expect([...judge.exchange(user), ...judge.exchange(file)]).toEqual([]);
  });

  it("a literal path before a parameter: /issues/comments is not the issue numbered comments", () => {
    expect(judge.exchange(exchange("GET", "/repos/o/r/issues/comments", { responseBody: [] }))).toEqual([]);
  });

  it("the contents of the root, with and without the slash, and still not a commit without a name", () => {
    for (const path of ["/repos/o/r/contents/", "/repos/o/r/contents"])
      expect(judge.exchange(exchange("GET", path, { responseBody: [] })), path).toEqual([]);
    expect(judge.exchange(exchange("GET", "/repos/o/r/commits", { responseBody: [] }))).toEqual([]);
  });

  it("null where the description says nullable", () => {
    expect(judge.exchange({ ...comment, responseBody: { ...(comment.responseBody as object), user: null } })).toEqual(
      [],
    );
  });

  it("a webhook payload with its action", () => {
    expect(judge.webhook("ping", ping)).toEqual([]);
  });
});

const body = (sample: Exchange, change: object): Exchange => ({
  ...sample,
  requestBody: { ...(sample.requestBody as object), ...change },
});
const answer = (sample: Exchange, change: object): Exchange => ({
  ...sample,
  responseBody: { ...(sample.responseBody as object), ...change },
});
const output = { title: "t", summary: "s" };
const annotation = { path: "a", start_line: 1, end_line: 1, annotation_level: "notice", message: "m" };
const action = { label: "Again", description: "Run again", identifier: "again" };
const finish = exchange("PATCH", "/repos/o/r/check-runs/1", { requestBody: {}, responseBody: checkRun.responseBody });
const react = (content: string) =>
  exchange("POST", "/repos/o/r/issues/1/reactions", {
    requestBody: { content },
    status: 404,
    responseBody: { message: "" },
  });

describe("the judge catches", () => {
  const mutations: [string, Exchange, RegExp][] = [
    ["a missing required field", body(comment, { body: undefined }), /request body: .*'body'/],
    ["a request without its body", { ...comment, requestBody: undefined }, /needs one/],
    ["a body where none is taken", { ...permission, requestBody: { a: 1 } }, /takes none/],
    ["a field of a wrong type", body(comment, { body: 7 }), /\/body must be string/],
    ["a misspelled field", body(comment, { boddy: "x" }), /\/boddy is not a known field/],
    ["a misspelled field inside another", body(checkRun, { output: { ...output, sumary: "" } }), /\/output\/sumary/],
    ["a misspelled field beside an anyOf", body(finish, { conclusions: "success" }), /\/conclusions/],
    ["an unknown endpoint", { ...comment, path: "/repos/o/r/issue/1/comments" }, /no such endpoint/],
    ["a known path with another method", { ...comment, method: "PUT" }, /no such endpoint/],
    ["an unknown status of a check run", body(checkRun, { status: "done" }), /\/status .*allowed values/],
    ["an unknown conclusion", body(checkRun, { conclusion: "ok" }), /\/conclusion .*allowed values/],
    ["an unknown reaction", react("tada"), /\/content .*allowed values/],
    ["more than 3 actions", body(checkRun, { actions: [action, action, action, action] }), /more than 3/],
    ["an action's label over 20 characters", body(checkRun, { actions: [{ ...action, label: "x".repeat(21) }] }), /20/],
    ["over 50 annotations", body(checkRun, { output: { ...output, annotations: Array(51).fill(annotation) } }), /50/],
    [
      "a summary over 65,535 characters",
      body(checkRun, { output: { ...output, summary: "x".repeat(65536) } }),
      /65535/,
    ],
    ["a pull request without base", body(pull, { base: undefined }), /'base'/],
    ["a check run completed without conclusion", body(finish, { status: "completed" }), /'conclusion'/],
    ["an unknown value of a permission", tokenWith({ contents: "admin" }), /\/permissions\/contents/],
    ["an unknown permission", tokenWith({ sourcecode: "write" }), /\/permissions\/sourcecode/],
    ["an answer without role_name", answer(permission, { role_name: undefined }), /response: .*'role_name'/],
    ["an answer with a date that is none", answer(comment, { created_at: "yesterday" }), /date-time/],
    ["an answer with an address that is none", answer(comment, { html_url: "http://h/orch[bot]" }), /uri/],
    ["an answer where there is none", { ...permission, status: 304, responseBody: {} }, /304/],
    ["a status that the endpoint never gives", { ...comment, status: 202 }, /status 202/],
    ["an error without message", { ...permission, status: 422, responseBody: { error: "no" } }, /'message'/],
    [
      "a page of more than 100",
      exchange("GET", "/repos/o/r/issues", { query: { per_page: "101" }, responseBody: [] }),
      /100/,
    ],
    [
      "an unknown query key",
      exchange("GET", "/repos/o/r/issues", { query: { sate: "open" }, responseBody: [] }),
      /sate/,
    ],
    ["an issue number that is no number", { ...comment, path: "/repos/o/r/issues/one/comments" }, /issue_number/],
  ];
  it.each(mutations)("%s", (_name, mutation, expected) => {
    expect(judge.exchange(mutation).join("\n")).toMatch(expected);
  });

  it("an unknown event, an unknown action, and a payload with a field missing or of a wrong type", () => {
    expect(judge.webhook("issue_comments", { action: "created" })).toEqual([
      expect.stringMatching(/issue_comments.created: not in/),
    ]);
    expect(judge.webhook("issues", { action: "exploded" })).toEqual([expect.stringMatching(/issues.exploded: not in/)]);
    expect(judge.webhook("issue_comment", { action: "created" }).join()).toMatch(/'issue'.*'comment'/);
    expect(judge.webhook("ping", { ...ping, hook_id: "1" }).join()).toMatch(/\/hook_id must be integer/);
    expect(judge.webhook("push", undefined)).toEqual([expect.stringMatching(/must be object/)]);
  });
});

function tokenWith(permissions: object): Exchange {
  const responseBody = { token: "ghs_x", expires_at: "2026-01-01T00:00:00Z", permissions: {} };
  return exchange("POST", "/app/installations/1/access_tokens", {
    requestBody: { permissions },
    status: 201,
    responseBody,
  });
}

/** Every `format` and `nullable` in a schema file. */
function wordsOf(value: unknown, found = { formats: new Set<string>(), nullable: 0 }) {
  if (typeof value !== "object" || value === null) return found;
  const { format, nullable } = value as { format?: unknown; nullable?: unknown };
  if (typeof format === "string") found.formats.add(format);
  if (nullable === true) found.nullable += 1;
  for (const part of Object.values(value)) wordsOf(part, found);
  return found;
}

it("the committed schema uses only words that the judge checks", () => {
  const { formats, nullable } = wordsOf([readRest(), readWebhooks()]);
  expect([...formats].sort()).toEqual(["date-time", "email", "int64", "repo.nwo", "uri", "uri-template"]);
  expect(nullable).toBe(0);
});

describe("the judge cannot see, so the simulator itself must refuse", () => {
  const unseen: [string, Exchange][] = [
    ["a comment over 65,536 characters", body(comment, { body: "x".repeat(65537) })],
    ["a pull request with neither title nor issue", body(pull, { title: undefined })],
    ["a pull request whose head does not exist", body(pull, { head: "nowhere" })],
    ["a check run on a commit that does not exist", body(checkRun, { head_sha: "0".repeat(40) })],
    ["a check run created as completed, without conclusion", body(checkRun, { status: "completed" })],
    ["a permission that is none of GitHub's words", answer(permission, { permission: "push" })],
  ];
  it.each(unseen)("%s", (_name, exchanged) => {
    expect(judge.exchange(exchanged)).toEqual([]);
  });
});
