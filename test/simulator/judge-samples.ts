/** Exchanges and a payload as GitHub would have them, for the mutations in judge.test.ts. */
import type { Exchange } from "../../simulator/judge/judge.ts";

const api = "https://api.github.test";
const time = "2026-01-01T00:00:00Z";

export function exchange(method: string, path: string, rest: Partial<Exchange>): Exchange {
  return { method, path, query: {}, status: 200, ...rest };
}

const login = "maintainer";
const user = {
  login,
  id: 1,
  node_id: "U_1",
  avatar_url: `${api}/avatar`,
  gravatar_id: "",
  url: `${api}/users/${login}`,
  html_url: `${api}/${login}`,
  followers_url: `${api}/users/${login}/followers`,
  following_url: `${api}/users/${login}/following{/other_user}`,
  gists_url: `${api}/users/${login}/gists{/gist_id}`,
  starred_url: `${api}/users/${login}/starred{/owner}{/repo}`,
  subscriptions_url: `${api}/users/${login}/subscriptions`,
  organizations_url: `${api}/users/${login}/orgs`,
  repos_url: `${api}/users/${login}/repos`,
  events_url: `${api}/users/${login}/events{/privacy}`,
  received_events_url: `${api}/users/${login}/received_events`,
  type: "User",
  site_admin: false,
};

export const comment = exchange("POST", "/repos/octo-org/sample/issues/1/comments", {
  requestBody: { body: "Hello" },
  status: 201,
  responseBody: {
    id: 1,
    node_id: "IC_1",
    url: `${api}/repos/octo-org/sample/issues/comments/1`,
    html_url: `${api}/octo-org/sample/issues/1#issuecomment-1`,
    issue_url: `${api}/repos/octo-org/sample/issues/1`,
    body: "Hello",
    user,
    created_at: time,
    updated_at: time,
    author_association: "OWNER",
  },
});

export const permission = exchange("GET", "/repos/octo-org/sample/collaborators/maintainer/permission", {
  responseBody: { permission: "write", role_name: "write", user: { ...user, role_name: "write" } },
});

export const checkRun = exchange("POST", "/repos/octo-org/sample/check-runs", {
  requestBody: { name: "orch", head_sha: "a".repeat(40), status: "in_progress" },
  status: 201,
  responseBody: {
    id: 1,
    node_id: "CR_1",
    head_sha: "a".repeat(40),
    external_id: "",
    url: `${api}/repos/octo-org/sample/check-runs/1`,
    html_url: null,
    details_url: null,
    status: "in_progress",
    conclusion: null,
    started_at: time,
    completed_at: null,
    output: { title: null, summary: null, text: null, annotations_count: 0, annotations_url: `${api}/annotations` },
    name: "orch",
    check_suite: { id: 1 },
    app: null,
    pull_requests: [],
  },
});

/** The answer is an error, because a whole pull request would fill a page; its request is what the tests change. */
export const pull = exchange("POST", "/repos/octo-org/sample/pulls", {
  requestBody: { title: "Fix", head: "fix", base: "main", draft: true },
  status: 422,
  responseBody: { message: "Validation Failed", documentation_url: "https://docs.github.com/rest" },
});

export const ping = { zen: "Design for failure.", hook_id: 1 };
