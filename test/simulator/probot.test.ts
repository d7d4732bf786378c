/** Probot itself against the simulator: it finds the API below /api/v3, its tokens work, its webhooks verify. */
import { Probot } from "probot";
import { expect, test } from "vitest";
import { person, sample } from "./support/setting.ts";

test("Probot answers a comment through the simulator", async () => {
  const { github, repo, at } = await sample({ tokenFormat: "stateless" });
  const probot = new Probot({
    appId: github.app.id,
    privateKey: github.app.privateKey,
    secret: github.app.webhookSecret,
    baseUrl: `${github.url}/api/v3`,
    logLevel: "fatal",
  });
  await probot.load((app) => {
    app.on("issue_comment.created", async (context) => {
      if (!context.isBot) await context.octokit.rest.issues.createComment(context.issue({ body: "heard" }));
    });
  });
  await github.openIssue(repo, { as: "maintainer", title: "Tests fail" });
  github.setWebhookUrl("http://127.0.0.1:1/");
  await person(github, "maintainer").issues.createComment({ ...at, issue_number: 1, body: "/orch" });
  await github.idle();
  const sent = github.deliveries()[0]?.request;
  if (!sent) throw new Error("nothing was sent");
  const headers = sent.headers;
  await probot.webhooks.verifyAndReceive({
    id: headers["X-GitHub-Delivery"] ?? "",
    name: "issue_comment",
    payload: JSON.stringify(sent.payload),
    signature: headers["X-Hub-Signature-256"] ?? "",
  });
  const said = github.state.comments(repo, 1).map((each) => [each.user.login, each.body]);
  expect(said).toEqual([
    ["maintainer", "/orch"],
    ["orch[bot]", "heard"],
  ]);
});
