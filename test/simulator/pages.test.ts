/** The simulator's pages over real HTTP: what a person sees, may do, and what hostile text does not do. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { makePages } from "../../simulator/pages/pages.ts";
import type { PageView } from "../../simulator/pages/view.ts";
import { comment, type Posted, sampleView, sha } from "./sample-view.ts";

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
});

/** @returns a fetch from the pages' site */
async function serve(view: PageView) {
  const pages = makePages(view);
  const server = createServer((request, response) =>
    pages(request, response, new URL(request.url ?? "/", "http://simulator.test")),
  );
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  const site = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return async (
    path: string,
    { headers = {}, ...rest }: { method?: string; headers?: object; body?: URLSearchParams } = {},
  ) => fetch(site + path, { redirect: "manual", headers: { accept: "text/html", origin: site, ...headers }, ...rest });
}

const issuePath = "/octo-org/sample/issues/1";
const issueWith = async (change: object): Promise<Partial<PageView>> => {
  const issue = await sampleView().issue("octo-org", "sample", 1);
  return { issue: async () => (issue ? { ...issue, ...change } : undefined) };
};
const post = (form: Record<string, string>) => ({ method: "POST", body: new URLSearchParams(form) });

it("every link on every page opens a page of this site", async () => {
  const get = await serve(sampleView());
  const waiting = ["/"];
  const seen = new Map<string, number>();
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const response = await get(path);
    seen.set(path, response.status);
    const target = response.headers.get("location");
    const links = [...(await response.text()).matchAll(/href="(\/[^"]*)"/g)].map((link) => link[1] ?? "");
    for (const next of target ? [target] : links) if (!seen.has(next)) waiting.push(next);
  }
  // A link `#2` in a comment leads to /issues/2, which is a pull request: GitHub sends the reader on as well.
  expect(seen.get("/octo-org/sample/issues/2")).toBe(303);
  expect([...seen].filter(([, status]) => status !== 200).map(([path]) => path)).toEqual(["/octo-org/sample/issues/2"]);
  const kinds = [issuePath, "/octo-org/sample/pull/2", "/octo-org/sample/runs/7", `/octo-org/sample/commit/${sha}`];
  expect([...seen.keys()]).toEqual(
    expect.arrayContaining([...kinds, "/octo-org/sample/blob/main/test/a%20b%231%3F.js"]),
  );
});

it("the pull request page shows draft, checks, commits and a coloured diff", async () => {
  const text = await (await (await serve(sampleView()))("/octo-org/sample/pull/2/files")).text();
  expect(text).toContain('<span class="pill draft">draft</span>');
  expect(text).toContain('<span class="pill success">success</span>');
  expect(text).toContain("Add instead of subtracting");
  expect(text).toContain('<tr class="del"><td class="no">3</td><td class="no"></td><td>-  return a - b;</td></tr>');
  expect(text).toContain(
    '<tr class="add"><td class="no"></td><td class="no">3</td><td>+  // &lt;b&gt;plus&lt;/b&gt;, not minus</td></tr>',
  );
});

it("a comment from the form reaches the view with plain line ends, and the browser is sent back", async () => {
  const posted: Posted[] = [];
  const get = await serve(sampleView({}, posted));
  const response = await get(`${issuePath}/comments`, post({ login: "stranger", body: "/orch help\r\n& <more>" }));
  expect(response.status).toBe(303);
  expect(response.headers.get("location")).toBe(`${issuePath}?as=stranger#write`);
  expect(posted).toEqual([{ number: 1, login: "stranger", body: "/orch help\n& <more>" }]);
  const page = await (await get(`${issuePath}?as=stranger`)).text();
  expect(page).toContain('<option value="stranger" selected>stranger (read)</option>');
});

it("an empty comment, nobody's comment, one on a missing issue, one that is far too long: each is told, none is posted", async () => {
  const posted: Posted[] = [];
  const get = await serve(sampleView({}, posted));
  const long = "x".repeat(1024 * 1024);
  expect((await get(`${issuePath}/comments`, post({ login: "maintainer", body: " \r\n " }))).status).toBe(400);
  expect((await get(`${issuePath}/comments`, post({ body: "x" }))).status).toBe(400);
  expect((await get(`${issuePath}/comments`, post({ login: "maintainer", body: long }))).status).toBe(400);
  expect((await get("/octo-org/sample/issues/9/comments", post({ login: "maintainer", body: "x" }))).status).toBe(404);
  expect(posted).toEqual([]);
});

it("a refusal by the simulator is shown with its reason", async () => {
  const get = await serve(sampleView({ postComment: async () => ({ refused: "Issue is <locked>." }) }));
  const response = await get(`${issuePath}/comments`, post({ login: "stranger", body: "x" }));
  expect(response.status).toBe(422);
  expect(await response.text()).toContain("<h1>Issue is &lt;locked&gt;.</h1>");
});

it("a label is set and removed, and a button of a check is pressed, in the name that was chosen", async () => {
  const done: unknown[] = [];
  const check = { id: 7, name: "orch", status: "completed", headSha: "c0ffee", app: "orch" };
  const buttons = [{ label: "Retry <now>", description: "Do it again", identifier: "retry" }];
  const view = sampleView({
    setLabel: async (_owner, _repo, ...rest) => void done.push(rest),
    pressButton: async (_owner, _repo, ...rest) => void done.push(rest),
    checkRun: async (_owner, _repo, id) => (id === 7 ? { ...check, buttons } : undefined),
  });
  const get = await serve(view);
  const label = await get(`${issuePath}/labels`, post({ login: "maintainer", label: " orch ", do: "add" }));
  expect([label.status, label.headers.get("location")]).toEqual([303, `${issuePath}?as=maintainer#write`]);
  await get(`${issuePath}/labels`, post({ login: "maintainer", label: "orch", do: "remove" }));
  const runPath = "/octo-org/sample/runs/7";
  expect(await (await get(runPath)).text()).toContain('value="retry" title="Do it again">Retry &lt;now&gt;</button>');
  const pressed = await get(`${runPath}/press`, post({ login: "stranger", button: "retry" }));
  expect([pressed.status, pressed.headers.get("location")]).toEqual([303, `${runPath}?as=stranger#write`]);
  await get(`${runPath}/press`, post({ login: "stranger" }));
  expect(done).toEqual([
    [1, "maintainer", "orch", true],
    [1, "maintainer", "orch", false],
    [7, "stranger", "retry"],
    [7, "stranger", undefined],
  ]);
  expect((await get(`${issuePath}/labels`, post({ login: "maintainer", label: " " }))).status).toBe(400);
  expect((await get("/octo-org/sample/runs/8/press", post({ login: "stranger" }))).status).toBe(404);
  expect((await get("/octo-org/%E0%A4%A/runs/7/press", post({ login: "stranger" }))).status).toBe(404);
  expect(done).toHaveLength(4);
});

it("a check of another App has no buttons", async () => {
  const text = await (await (await serve(sampleView()))("/octo-org/sample/runs/7")).text();
  expect(text).not.toContain("Re-run");
});

it("a form sent by another site posts nothing", async () => {
  const posted: Posted[] = [];
  const get = await serve(sampleView({}, posted));
  const form = post({ login: "maintainer", body: "/orch delete everything" });
  const foreign = [{ origin: "http://evil.test" }, { origin: "null" }];
  for (const headers of foreign) expect((await get(`${issuePath}/comments`, { ...form, headers })).status).toBe(403);
  expect(posted).toEqual([]);
});

it("hostile text in any place comes out as text", async () => {
  const attack = `"><script>alert(1)</script><img src=x onerror=alert(1)>'`;
  const hostile = {
    title: attack,
    author: attack,
    labels: [{ name: attack, color: attack }],
    opening: comment(1, attack, attack, { association: attack, createdAt: attack }),
    comments: [
      comment(2, "stranger", `${attack}\n\n[a](javascript:alert(1)) [b](${attack}) ![${attack}](data:text/html,x)`),
    ],
  };
  const get = await serve(
    sampleView({ ...(await issueWith(hostile)), people: async () => [{ login: attack, role: attack }] }),
  );
  const response = await get(issuePath);
  const text = await response.text();
  const ours = text.match(/<script[^>]*>/g);
  expect(ours).toEqual([expect.stringMatching(/^<script nonce="[\w+/=]+">$/)]);
  expect(text).not.toMatch(/<img|href="javascript|href="data|alert\(1\)<\/script/i);
  expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
});

it("the policy lets only the page's own style and script run, by a nonce that changes", async () => {
  const get = await serve(sampleView());
  const [first, second] = [await get(issuePath), await get(issuePath)];
  const policy = first.headers.get("content-security-policy") ?? "";
  const nonce = /script-src 'nonce-([^']+)'/.exec(policy)?.[1] ?? "none";
  expect(await first.text()).toContain(`<script nonce="${nonce}">`);
  expect(policy).toMatch(/^default-src 'none'; /);
  expect(policy).not.toContain("unsafe");
  expect(second.headers.get("content-security-policy")).not.toBe(policy);
});

it("who asks for anything, as curl does, sees pages", async () => {
  const get = await serve(sampleView());
  for (const path of ["/", issuePath]) {
    const response = await get(path, { headers: { accept: "*/*" } });
    expect([response.status, response.headers.get("content-type")], path).toEqual([200, "text/html; charset=utf-8"]);
  }
});

it("what is no page is told in a page, whoever asks and by whatever method", async () => {
  const get = await serve(sampleView());
  const json = { headers: { accept: "application/json" } };
  for (const path of ["/robots.txt", "/.well-known/x/y", "/octo-org/missing", "/octo-org/%E0%A4%A"])
    expect((await get(path, json)).status, path).toBe(404);
  for (const method of ["DELETE", "PUT", "POST"]) expect((await get(issuePath, { method })).status, method).toBe(404);
  const head = await get(issuePath, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});
