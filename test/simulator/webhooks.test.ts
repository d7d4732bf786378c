/** How webhooks travel, and what can happen to them on the way. */
import { Webhooks } from "@octokit/webhooks";
import { expect, test } from "vitest";
import { asApp, asBot, receiver, sample, simulator } from "./support/setting.ts";

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

test("a delivery is signed over its bytes and carries GitHub's headers", async () => {
  const { github, repo } = await sample();
  const heard = await receiver(github);
  await github.openIssue(repo, { as: "maintainer", title: "Größe stimmt nicht 🎈" });
  await github.idle();
  const [only] = heard;
  expect(heard).toHaveLength(1);
  expect(only?.headers).toMatchObject({
    "x-github-event": "issues",
    "x-github-delivery": expect.stringMatching(uuid),
    "x-github-hook-id": expect.stringMatching(/^\d+$/),
    "x-github-hook-installation-target-type": "integration",
    "x-github-hook-installation-target-id": String(github.app.id),
    "user-agent": expect.stringMatching(/^GitHub-Hookshot\//),
    "content-type": "application/json",
  });
  const signature = String(only?.headers["x-hub-signature-256"]);
  const verified = (secret: string) => new Webhooks({ secret }).verify(only?.body ?? "", signature);
  expect(await verified(github.app.webhookSecret)).toBe(true);
  expect(await verified("another secret")).toBe(false);
});

test("nothing is sent where the App is not installed, or suspended", async () => {
  const github = await simulator();
  const heard = await receiver(github);
  const files = { a: "b" };
  const without = await github.createRepository({ owner: "octo-org", name: "without", files, install: false });
  await github.openIssue(without, { as: "maintainer", title: "Unheard" });
  const repo = await github.createRepository({ owner: "octo-org", name: "sample", files });
  const second = await github.createRepository({ owner: "octo-org", name: "second", files });
  github.suspendInstallation(repo.installationId);
  await github.openIssue(repo, { as: "maintainer", title: "Unheard" });
  github.unsuspendInstallation(repo.installationId);
  github.archive(repo);
  github.uninstall(second);
  await github.openIssue(second, { as: "maintainer", title: "Unheard" });
  github.deleteInstallation(repo.installationId);
  await github.idle();
  expect(heard).toHaveLength(github.deliveries().length);
  expect(github.deliveries().map((each) => `${each.event}.${each.action}`)).toEqual([
    "installation.created",
    "installation_repositories.added",
    "installation.suspend",
    "installation.unsuspend",
    "repository.archived",
    "installation_repositories.removed",
    "installation.deleted",
  ]);
});

test("a failed delivery is logged, not retried, and redelivered under its GUID", async () => {
  const { github, repo } = await sample();
  let answer = 503;
  const heard = await receiver(github, () => answer);
  await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  await github.idle();
  expect(heard).toHaveLength(1);
  answer = 200;
  const app = asApp(github);
  const failed = (await app.apps.listWebhookDeliveries({ status: "failure" })).data;
  expect(failed.map((each) => [each.event, each.action, each.status_code])).toEqual([["issues", "opened", 503]]);
  const delivery_id = failed[0]?.id ?? 0;
  expect((await app.apps.getWebhookDelivery({ delivery_id })).data.request.payload).toMatchObject({ action: "opened" });
  expect((await app.apps.redeliverWebhookDelivery({ delivery_id })).status).toBe(202);
  await github.idle();
  expect(heard).toHaveLength(2);
  expect(heard[1]?.headers["x-github-delivery"]).toBe(heard[0]?.headers["x-github-delivery"]);
  expect(heard[1]?.body).toBe(heard[0]?.body);
  const [newest] = (await app.apps.listWebhookDeliveries()).data;
  expect(newest).toMatchObject({ redelivery: true, status_code: 200, status: "OK", guid: failed[0]?.guid });
});

test("a receiver that never answers is given up, one that is gone is a failed connection", async () => {
  const { github, repo } = await sample({ webhookTimeoutMs: 50 });
  await receiver(github, () => undefined);
  await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  await github.idle();
  expect(github.deliveries()[0]).toMatchObject({ status: "timed out", statusCode: 504 });
  github.setWebhookUrl("http://127.0.0.1:1/");
  const again = await github.redeliver(github.deliveries()[0]?.id ?? 0);
  expect(again).toMatchObject({ status: "failed to connect to host", statusCode: 502 });
});

test("deliveries are dropped, doubled and held on demand, and the rules count it", async () => {
  const { github, repo } = await sample();
  const heard = await receiver(github);
  const dropped = github.faults.deliveries({ times: 1, action: "drop" });
  const doubled = github.faults.deliveries({ times: 1, event: "issue_comment.created", action: "double" });
  const held = github.faults.deliveries({ times: 1, event: "issue_comment", action: "hold" });
  const { number } = await github.openIssue(repo, { as: "maintainer", title: "Dropped" });
  await github.comment(repo, number, "doubled", { as: "maintainer" });
  await github.comment(repo, number, "held", { as: "maintainer" });
  await github.comment(repo, number, "overtakes", { as: "maintainer" });
  await github.idle();
  await github.faults.releaseHeld();
  expect([dropped.fired, doubled.fired, held.fired]).toEqual([1, 1, 1]);
  expect(heard.map((each) => JSON.parse(each.body).comment.body).slice(-1)).toEqual(["held"]);
  expect(heard.map((each) => JSON.parse(each.body).comment.body).sort()).toEqual(
    ["doubled", "doubled", "held", "overtakes"].sort(),
  );
  const twins = heard.filter((each) => each.body.includes('"body":"doubled"'));
  expect(new Set(twins.map((each) => each.headers["x-github-delivery"])).size).toBe(1);
  expect((await asApp(github).apps.listWebhookDeliveries({ status: "failure" })).data).toHaveLength(1);
});

test("pressing re-run tells the App which check it was", async () => {
  const { github, repo, at } = await sample();
  const bot = await asBot(github, repo.installationId);
  const head_sha = github.state.branches(repo).main ?? "";
  const check = await bot.checks.create({ ...at, name: "orch", head_sha, conclusion: "failure" });
  const heard = await receiver(github);
  await github.rerequestCheck(repo, check.data.id, { as: "maintainer" });
  await github.idle();
  const payload = JSON.parse(heard[0]?.body ?? "{}");
  expect([payload.action, payload.check_run.id, payload.sender.login]).toEqual([
    "rerequested",
    check.data.id,
    "maintainer",
  ]);
});
