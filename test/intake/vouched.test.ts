import nock from "nock";
import { ProbotOctokit } from "probot";
import { afterEach, expect, test } from "vitest";
import type { Request } from "../../src/intake/request.ts";
import { unreadEdit } from "../../src/intake/vouched.ts";

const API = "https://api.github.test";
const AT = Date.parse("2026-01-01T12:00:00Z");
const octokit = new ProbotOctokit({ baseUrl: API, retry: { enabled: false }, throttle: { enabled: false } });
const request = {
  repository: { id: 1, owner: "octo-org", name: "calculator", defaultBranch: "main" },
  number: 1,
  actor: { id: 31, login: "maintainer" },
  requestedAt: AT,
} as Request;

/** Edits by somebody who has no account any more: nobody has to be asked what they may. Newest first, each so long after the label, ms. */
function edited(...afterMs: number[]) {
  const nodes = afterMs.map((ms) => ({ editedAt: new Date(AT + ms).toISOString(), editor: null }));
  const found = { includesCreatedEdit: false, userContentEdits: { nodes }, timelineItems: { nodes: [] } };
  nock(API)
    .post("/graphql")
    .reply(200, { data: { repository: { issueOrPullRequest: found } } });
}
afterEach(() => nock.cleanAll());

test.each([
  ["an edit of the second before is unread", [-1_000], "ghost"],
  ["one of more than a minute ago was read", [-61_000], undefined],
  ["one after the label is not read by Orch", [5_000], undefined],
  ["so many later ones that an earlier one may be behind them count as unread", Array(50).fill(5_000), "ghost"],
])("%s", async (_, afterMs, by) => {
  edited(...afterMs);
  expect(await unreadEdit(octokit, request)).toBe(by);
});
