/** Requests that no good client sends: other sites, odd names, odd bytes. Each is refused in words, none is a failure. */
import { request } from "node:http";
import { expect, test } from "vitest";
import type { Simulator } from "../../simulator/simulator.ts";
import { appJwt, installationToken, sample } from "./support/setting.ts";

type Raw = { method?: string; headers?: Record<string, string>; body?: string };

/** Sends the path as it stands: fetch would tidy it up. */
function send(github: Simulator, path: string, { method = "GET", headers = {}, body = "" }: Raw = {}) {
  return new Promise<{ status: number; text: string }>((resolve, reject) => {
    const length = { "content-length": String(Buffer.byteLength(body)) };
    const to = { host: "127.0.0.1", port: github.port, method, path, headers: { ...length, ...headers } };
    const sent = request(to, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") }),
      );
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

const formType = "application/x-www-form-urlencoded";

async function withIssue() {
  const setting = await sample();
  const { number } = await setting.github.openIssue(setting.repo, { as: "maintainer", title: "Tests fail" });
  const said = () => setting.github.state.comments(setting.repo, number).map((each) => each.user.login);
  return { ...setting, form: `/octo-org/sample/issues/${number}/comments`, said };
}

test("a site whose name leads to this machine is not served, neither its form nor anything else", async () => {
  const { github, repo, form: path, said } = await withIssue();
  const body = "login=maintainer&body=/orch+evil";
  for (const host of [`evil.test:${github.port}`, "127.0.0.1.evil.test", "localhost@evil.test", "[::1].evil.test"]) {
    const headers = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin", "content-type": formType };
    expect((await send(github, path, { method: "POST", headers, body })).status, host).toBe(421);
    expect((await send(github, `/api/v3/repos/${repo.fullName}`, { headers: { host } })).status, host).toBe(421);
  }
  expect(said()).toEqual([]);
  for (const host of ["localhost", `LOCALHOST:${github.port}`, `[::1]:${github.port}`, "127.0.0.1"])
    expect((await send(github, `/api/v3/repos/${repo.fullName}`, { headers: { host } })).status, host).toBe(200);
});

test("the form writes only as somebody whom it offers: not as the bot, and it makes nobody", async () => {
  const { github, form: path, said } = await withIssue();
  const headers = { "content-type": formType };
  for (const login of ["orch[bot]", "newcomer", "\0", "octo-org"]) {
    const body = new URLSearchParams({ login, body: "x" }).toString();
    expect((await send(github, path, { method: "POST", headers, body })).status, login).toBe(422);
  }
  const written = await send(github, path, { method: "POST", headers, body: "login=maintainer&body=x" });
  expect([written.status, said()]).toEqual([303, ["maintainer"]]);
  expect((await send(github, "/api/v3/users/newcomer")).status).toBe(404);
});

const json = { accept: "application/json" };

test("a NUL, a path that leads elsewhere and a pattern are no such thing, in the API and on the pages", async () => {
  const { github, repo } = await sample();
  const api = `/repos/${repo.fullName}`;
  const nowhere = [
    ...["a%00b", "..%2f..%2fx", "%2fetc", "src%2f.%2fsum.js", "README.md?ref=%00"].map(
      (path) => `${api}/contents/${path}`,
    ),
    ...["/branches/a%00b", "/commits?sha=%00", "/commits?path=..%2f..", "/commits?path=a%00b"].map(
      (path) => api + path,
    ),
    `${api}/git/ref/heads/%00`,
    `${api}/compare/main...%00`,
    ...["main/..%2fx", "main/a%00", "%00/README.md"].map((path) => `/${repo.fullName}/blob/${path}`),
  ];
  for (const path of nowhere) expect((await send(github, path, { headers: json })).status, path).toBe(404);
  expect((await send(github, `${api}/commits/%00`, { headers: json })).status).toBe(422);
  const pattern = await send(github, `${api}/commits?path=:(bad)x`, { headers: json });
  expect([pattern.status, pattern.text]).toEqual([200, "[]"]);
});

test("a request for no path is refused, one for an odd path is no page", async () => {
  const { github } = await sample();
  for (const path of ["http://evil.test/", "*", "octo-org/sample"])
    expect((await send(github, path)).status, path).toBe(400);
  for (const path of ["//", "//evil.test/x", "/%", "/.well-known/x"])
    expect((await send(github, path)).status, path).toBe(404);
});

test("a field that is not what GitHub says it is gets 422 instead of an odd success or a failure", async () => {
  // Each of these breaks the description, which is what the judge says too.
  const { github, repo } = await sample({ expectViolations: true });
  const sha = await github.commit(repo, "topic", { "a.txt": "a\n" }, "Add");
  const run = { name: "orch", head_sha: sha };
  const output = { title: "t", summary: "s" };
  const people = `token ${github.createUser("maintainer").token}`;
  const bot = `token ${await installationToken(github, repo.installationId)}`;
  const app = `bearer ${appJwt(github)}`;
  const api = `/repos/${repo.fullName}`;
  const tokens = `/app/installations/${repo.installationId}/access_tokens`;
  const file = { message: "m", content: "aGk=" };
  const refused: [string, string, string, unknown][] = [
    [bot, "POST", `${api}/check-runs`, { ...run, output: "text" }],
    [bot, "POST", `${api}/check-runs`, { ...run, output: { ...output, summary: 5 } }],
    [bot, "POST", `${api}/check-runs`, { ...run, output: { ...output, annotations: 5 } }],
    [bot, "POST", `${api}/check-runs`, { ...run, output: { ...output, annotations: [null] } }],
    [bot, "POST", `${api}/check-runs`, { ...run, actions: "abc" }],
    [bot, "POST", `${api}/check-runs`, { ...run, actions: [{}] }],
    [bot, "POST", `${api}/check-runs`, { ...run, started_at: "nonsense" }],
    [app, "POST", tokens, { permissions: 5 }],
    [app, "POST", tokens, { permissions: { contents: "all" } }],
    [app, "POST", tokens, { repository_ids: "x" }],
    [app, "POST", tokens, { repositories: [5] }],
    [people, "POST", `${api}/git/refs`, { ref: "refs/heads/topic/sub", sha }],
    [people, "POST", `${api}/git/refs`, { ref: "refs/heads/a\0b", sha }],
    [people, "DELETE", `${api}/git/refs/heads/%00`, undefined],
    [people, "POST", `${api}/pulls`, { title: "x", head: "\0", base: "main" }],
    [people, "PUT", `${api}/contents/.git%2Fconfig`, file],
    [people, "PUT", `${api}/contents/src%2F.GIT%2Fx`, file],
    [people, "PUT", `${api}/contents/..%2Fx`, file],
    [people, "PUT", `${api}/contents/new.txt`, { ...file, content: "!!!" }],
  ];
  for (const [authorization, method, path, body] of refused) {
    const sent = { method, headers: { ...json, authorization }, body: body === undefined ? "" : JSON.stringify(body) };
    const { status, text } = await send(github, path, sent);
    expect([status, JSON.parse(text).message], `${path} ${sent.body}`).toEqual([422, expect.any(String)]);
  }
  expect(github.violations().filter((each) => each.startsWith("the simulator failed"))).toEqual([]);
  expect(github.tokensIssued()).toHaveLength(1);
  expect(github.state.checkRuns(repo)).toEqual([]);
  expect(Object.keys(github.state.branches(repo)).sort()).toEqual(["main", "topic"]);
});

test("a body over 10 MB is heard to its end and answered 413", async () => {
  const { github, repo } = await sample({ expectViolations: true });
  const { token } = github.createUser("maintainer");
  const body = JSON.stringify({ title: "x".repeat(11 * 1024 * 1024) });
  const headers = { authorization: `token ${token}` };
  const answer = await send(github, `/repos/${repo.fullName}/issues`, { method: "POST", headers, body });
  expect([answer.status, JSON.parse(answer.text).message]).toEqual([413, "Request body too large"]);
});
