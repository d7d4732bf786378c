/** Requests that no good client sends: other sites, odd names, odd bytes. Each is refused in words, none is a failure. */
import { request } from "node:http";
import { expect, test } from "vitest";
import type { Simulator } from "../../simulator/simulator.ts";
import { sample } from "./support/setting.ts";

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

const form = "application/x-www-form-urlencoded";

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
    const headers = { host, origin: `http://${host}`, "sec-fetch-site": "same-origin", "content-type": form };
    expect((await send(github, path, { method: "POST", headers, body })).status, host).toBe(421);
    expect((await send(github, `/api/v3/repos/${repo.fullName}`, { headers: { host } })).status, host).toBe(421);
  }
  expect(said()).toEqual([]);
  for (const host of ["localhost", `LOCALHOST:${github.port}`, `[::1]:${github.port}`, "127.0.0.1"])
    expect((await send(github, `/api/v3/repos/${repo.fullName}`, { headers: { host } })).status, host).toBe(200);
});

test("the form writes only as somebody whom it offers: not as the bot, and it makes nobody", async () => {
  const { github, form: path, said } = await withIssue();
  const headers = { "content-type": form };
  for (const login of ["orch[bot]", "newcomer", "\0", "octo-org"]) {
    const body = new URLSearchParams({ login, body: "x" }).toString();
    expect((await send(github, path, { method: "POST", headers, body })).status, login).toBe(422);
  }
  const written = await send(github, path, { method: "POST", headers, body: "login=maintainer&body=x" });
  expect([written.status, said()]).toEqual([303, ["maintainer"]]);
  expect((await send(github, "/api/v3/users/newcomer")).status).toBe(404);
});
