/** Every html_url in an answer opens in a browser; a client that goes away leaves no trace of failure. */

import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { asBot, sample } from "./support/setting.ts";

function htmlUrls(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== "object" || value === null) return found;
  for (const [key, inner] of Object.entries(value))
    if (key === "html_url" && typeof inner === "string") found.add(inner);
    else htmlUrls(inner, found);
  return found;
}

test("every html_url of issue, comment, pull request, check, commit, file and webhook opens", async () => {
  const { github, repo, at } = await sample();
  github.setWebhookUrl("http://127.0.0.1:1/");
  const bot = await asBot(github, repo.installationId);
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  await github.comment(repo, number, "/orch", { as: "maintainer" });
  await bot.issues.createComment({ ...at, issue_number: number, body: "On it." });
  const sha = await github.commit(repo, "orch/1", { "src/sum.js": "fixed\n" }, "Fix");
  const pull = await bot.pulls.create({ ...at, title: "Fix", head: "orch/1", base: "main" });
  const check = await bot.checks.create({ ...at, name: "orch", head_sha: sha, conclusion: "success" });
  const commit = await bot.repos.getCommit({ ...at, ref: sha });
  const file = await bot.repos.getContent({ ...at, path: "src/sum.js", ref: "orch/1" });
  await github.idle();
  const payloads = github.deliveries().map((each) => each.request.payload);
  const urls = htmlUrls([pull.data, check.data, commit.data, file.data, ...payloads]);
  expect(urls.size).toBeGreaterThan(8);
  for (const url of urls) {
    const answer = await fetch(url, { headers: { accept: "text/html" } });
    expect([answer.status, answer.headers.get("content-type")], url).toEqual([200, "text/html; charset=utf-8"]);
    await answer.text();
  }
  expect(github.violations()).toEqual([]);
});

test("a client that goes away in the middle of its request is no failure of the simulator", async () => {
  const { github, repo } = await sample();
  const { token } = github.createUser("maintainer");
  for (const path of [`/repos/${repo.fullName}/issues`, `/${repo.fullName}.git/git-receive-pack`]) {
    const socket = connect(github.port, "127.0.0.1");
    await once(socket, "connect");
    const authorization = `Basic ${btoa(`x-access-token:${token}`)}`;
    const arrived = new Promise((resolve) => github.on("arrival", resolve));
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: ${authorization}\r\ncontent-length: 100\r\n\r\n0`,
    );
    await arrived;
    const over = new Promise((resolve) => github.on("request", resolve));
    socket.destroy();
    await over;
  }
  expect(github.violations()).toEqual([]);
  expect(github.state.pulls(repo)).toEqual([]);
});
