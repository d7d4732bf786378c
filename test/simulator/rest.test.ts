/** What holds for every REST request: conditional answers, pages, limits, errors, faults, both roots. */
import { expect, test } from "vitest";
import { startSimulator } from "../../simulator/simulator.ts";
import { closeGitHub } from "../support/close-github.ts";
import { asBot, git, octokit, person, receiver, sample, temporaryFolder } from "./support/setting.ts";

const json = { accept: "application/json" };

test("an unchanged answer is 304 for the ETag that came with it", async () => {
  const { github, repo } = await sample();
  const url = `${github.url}/repos/${repo.fullName}`;
  const first = await fetch(url, { headers: json });
  const etag = first.headers.get("etag") ?? "";
  expect(etag).toMatch(/^W\/"/);
  const second = await fetch(url, { headers: { ...json, "if-none-match": etag } });
  expect([second.status, await second.text()]).toEqual([304, ""]);
  github.archive(repo);
  expect((await fetch(url, { headers: { ...json, "if-none-match": etag } })).status).toBe(200);
});

test("the same API answers at the root and at /api/v3, with GitHub's headers", async () => {
  const { github, repo } = await sample();
  const at = (prefix: string) => fetch(`${github.url}${prefix}/repos/${repo.fullName}`, { headers: json });
  const [root, enterprise] = [await at(""), await at("/api/v3")];
  expect(await root.json()).toEqual(await enterprise.json());
  for (const name of ["x-github-request-id", "x-ratelimit-remaining", "x-ratelimit-reset", "x-github-media-type"])
    expect(enterprise.headers.get(name), name).toBeTruthy();
  expect(enterprise.headers.get("x-github-api-version-selected")).toBe("2022-11-28");
});

test("lists come in pages with links that lead to all of them", async () => {
  const { github, repo, at } = await sample();
  for (let n = 0; n < 7; n += 1) await github.openIssue(repo, { as: "maintainer", title: `Issue ${n}` });
  const maintainer = person(github, "maintainer");
  const page = await maintainer.issues.listForRepo({ ...at, per_page: 3, page: 2 });
  expect(page.data.map((each) => each.number)).toEqual([4, 3, 2]);
  for (const rel of ["prev", "next", "first", "last"]) expect(page.headers.link).toContain(`rel="${rel}"`);
  const all = await maintainer.paginate(maintainer.issues.listForRepo, { ...at, per_page: 3 });
  expect(all).toHaveLength(7);
});

test("the primary limit is told and counted, a conditional answer is free", async () => {
  const { github, at } = await sample();
  const maintainer = person(github, "maintainer");
  const first = await maintainer.repos.get(at);
  const used = (headers: object) => Number((headers as Record<string, string>)["x-ratelimit-used"]);
  const second = await maintainer.repos.get(at);
  expect(used(second.headers)).toBe(used(first.headers) + 1);
  const headers = { "if-none-match": second.headers.etag };
  await expect(maintainer.repos.get({ ...at, headers })).rejects.toEqual(expect.objectContaining({ status: 304 }));
  expect((await maintainer.rateLimit.get()).data.rate.used).toBe(used(second.headers));
});

test("errors have GitHub's shape", async () => {
  const { github, repo, at } = await sample({ expectViolations: true });
  const { token } = github.createUser("maintainer");
  const post = (path: string, body: string) =>
    fetch(`${github.url}${path}`, { method: "POST", body, headers: { authorization: `token ${token}` } });
  const broken = await post(`/repos/${repo.fullName}/issues`, "{");
  expect([broken.status, await broken.json()]).toEqual([
    400,
    expect.objectContaining({ message: "Problems parsing JSON" }),
  ]);
  const missing = await octokit(github, token)
    .issues.get({ ...at, issue_number: 99 })
    .catch((error) => error.response);
  expect([missing.status, missing.data]).toEqual([404, expect.objectContaining({ message: "Not Found" })]);
});

test("a request that GitHub's description does not know is a violation", async () => {
  const { github, at } = await sample({ expectViolations: true });
  const maintainer = person(github, "maintainer");
  await maintainer.issues.create({ ...at, title: "x", tittle: "misspelled" } as never);
  expect(github.violations()).toEqual([expect.stringContaining("tittle")]);
});

test("a test that breaks GitHub's description without saying so fails when it ends", async () => {
  const github = await startSimulator();
  const body = JSON.stringify({ title: "x", tittle: "misspelled" });
  await fetch(`${github.url}/repos/octo-org/sample/issues`, { method: "POST", body });
  await expect(closeGitHub(github)).rejects.toThrow("/tittle is not a known field");
});

test("calls fail, hang, break off and slow down on demand, and the rules count it", async () => {
  const { github, repo, at } = await sample();
  const maintainer = person(github, "maintainer");
  const failing = github.faults.api({
    times: 2,
    match: { method: "GET", path: /^\/repos\// },
    action: { status: 502 },
  });
  await expect(maintainer.repos.get(at)).rejects.toEqual(expect.objectContaining({ status: 502 }));
  await expect(maintainer.repos.get(at)).rejects.toEqual(expect.objectContaining({ status: 502 }));
  expect((await maintainer.repos.get(at)).status).toBe(200);
  expect(failing.fired).toBe(2);
  const broken = github.faults.api({ times: 1, action: "reset" });
  await expect(maintainer.repos.get(at)).rejects.toThrow();
  const slow = github.faults.api({ times: 1, action: { slowMs: 1 } });
  expect((await maintainer.repos.get(at)).status).toBe(200);
  const hanging = github.faults.api({ times: 1, action: "hang" });
  const abort = new AbortController();
  const asked = maintainer.repos.get({ ...at, request: { signal: abort.signal } });
  hanging.firing.then(() => abort.abort());
  await expect(asked).rejects.toThrow();
  const gitFault = github.faults.api({ times: 1, match: { path: /info\/refs$/ }, action: { status: 503 } });
  const dir = await temporaryFolder();
  expect((await git(dir, "ls-remote", repo.cloneUrl)).stderr).toContain("503");
  expect([broken.fired, slow.fired, gitFault.fired]).toEqual([1, 1, 1]);
  const never = github.faults.api({ times: 1, match: { path: /nowhere/ }, action: "reset" });
  expect(never.fired).toBe(0);
});

test("a request that a fault answers is judged as well, and it is known whose it was", async () => {
  const { github, repo, at } = await sample({ expectViolations: true });
  const maintainer = person(github, "maintainer");
  github.faults.api({ times: 2, action: { status: 502 } });
  await expect(maintainer.issues.create({ ...at, title: "x", tittle: "misspelled" } as never)).rejects.toThrow();
  expect(github.violations()).toEqual([
    "POST /repos/octo-org/sample/issues: request body: /tittle is not a known field",
  ]);
  const authorization = `basic ${btoa(`x:${github.createUser("maintainer").token}`)}`;
  await fetch(`${repo.cloneUrl}/info/refs?service=git-upload-pack`, { headers: { authorization } });
  const whose = github.requests().map((each) => [each.method, each.status, each.actor]);
  expect(whose).toEqual([
    ["POST", 502, "maintainer"],
    ["GET", 502, "maintainer"],
  ]);
});

test("what is no address of the API is a page for everybody, costs no budget and is no violation", async () => {
  const { github, repo } = await sample({ requestsPerHour: 3 });
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  for (const path of ["/", `/${repo.fullName}`, `/${repo.fullName}/issues/${number}`]) {
    const page = await fetch(`${github.url}${path}`);
    expect([page.status, page.headers.get("content-type")], path).toEqual([200, "text/html; charset=utf-8"]);
  }
  const strays = ["/robots.txt", "/.well-known/appspecific/com.chrome.devtools.json", "/octo-org/nothing", "/x/y/z"];
  for (const path of strays) expect((await fetch(`${github.url}${path}`, { headers: json })).status, path).toBe(404);
  const answer = await fetch(`${github.url}/repos/${repo.fullName}`, { headers: json });
  expect(answer.headers.get("x-ratelimit-used")).toBe("1");
});

test("an address below those of the API that GitHub does not have is a violation, at the root too", async () => {
  const { github } = await sample({ expectViolations: true });
  for (const root of ["", "/api/v3"]) await fetch(`${github.url}${root}/repos/octo-org/sample/issue/1`);
  expect(github.violations()).toEqual(Array(2).fill(expect.stringContaining("no such endpoint")));
});

test("a raw file's request is judged though its answer is no JSON", async () => {
  const { github, repo } = await sample({ expectViolations: true });
  const raw = { headers: { accept: "application/vnd.github.raw+json" } };
  await fetch(`${github.url}/repos/${repo.fullName}/contents/README.md?reff=main`, raw);
  expect(github.violations()).toEqual([expect.stringContaining("reff")]);
});

test("a browser gets pages where a client gets JSON", async () => {
  const { github, repo } = await sample();
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const html = async (path: string) => {
    const answer = await fetch(`${github.url}${path}`, { headers: { accept: "text/html" } });
    return [answer.status, await answer.text()] as const;
  };
  for (const path of ["/", `/${repo.fullName}`, `/${repo.fullName}/issues/${number}`]) {
    const [status, text] = await html(path);
    expect([status, text.includes("octo-org")], path).toEqual([200, true]);
  }
  const heading = await fetch(`${github.url}/${repo.fullName}/issues/${number}/comments`, {
    method: "POST",
    redirect: "manual",
    headers: { accept: "text/html", "content-type": "application/x-www-form-urlencoded", origin: github.url },
    body: new URLSearchParams({ login: "maintainer", as: "maintainer", body: "/orch fix it" }).toString(),
  });
  expect(heading.status).toBe(303);
  expect(github.state.comments(repo, number).map((each) => each.body)).toEqual(["/orch fix it"]);
});

test("labels and buttons on the pages do what they do on GitHub, and refuse whom GitHub refuses", async () => {
  const { github, repo, at } = await sample();
  github.createUser("stranger");
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  const bot = await asBot(github, repo.installationId);
  const head_sha = github.state.branches(repo).main ?? "";
  const actions = [{ label: "Retry", description: "Again", identifier: "retry" }];
  const run = (await bot.checks.create({ ...at, name: "orch", head_sha, conclusion: "failure", actions })).data;
  const heard = await receiver(github);
  const send = async (path: string, fields: Record<string, string>) => {
    const init = { method: "POST", redirect: "manual", headers: { origin: github.url } } as const;
    return (await fetch(`${github.url}/${repo.fullName}${path}`, { ...init, body: new URLSearchParams(fields) }))
      .status;
  };
  const label = (login: string, how: string) => send(`/issues/${number}/labels`, { login, label: "orch", do: how });
  const press = (login: string, button: string) => send(`/runs/${run.id}/press`, { login, button });
  expect([
    await label("maintainer", "add"),
    await label("maintainer", "remove"),
    await label("stranger", "add"),
  ]).toEqual([303, 303, 422]);
  expect([await press("maintainer", "retry"), await press("maintainer", ""), await press("stranger", "")]).toEqual([
    303, 303, 422,
  ]);
  await github.idle();
  const told = heard.map((each) => `${each.headers["x-github-event"]}.${JSON.parse(each.body).action}`);
  expect(told.sort()).toEqual([
    "check_run.requested_action",
    "check_run.rerequested",
    "issues.labeled",
    "issues.unlabeled",
    "label.created",
  ]);
  await github.lockIssue(repo, number, { as: "maintainer" });
  const say = (login: string) => send(`/issues/${number}/comments`, { login, body: "x" });
  expect([await say("stranger"), await say("maintainer")]).toEqual([422, 303]);
});
