/** The whole way of one task over the simulator: comment, webhook, token, clone, push, pull request, check. */
import { writeFile } from "node:fs/promises";
import { Webhooks } from "@octokit/webhooks";
import { expect, test } from "vitest";
import {
  asBot,
  git,
  installationToken,
  person,
  receiver,
  sample,
  temporaryFolder,
  withToken,
} from "./support/setting.ts";

test.each(["classic", "stateless"] as const)(
  "a comment becomes a pull request with a %s token",
  async (tokenFormat) => {
    const { github, repo, at } = await sample({ tokenFormat });
    const heard = await receiver(github);
    const maintainer = person(github, "maintainer");
    const issue = await maintainer.issues.create({ ...at, title: "sum is wrong", body: "It subtracts." });
    await maintainer.issues.createComment({ ...at, issue_number: issue.data.number, body: "/orch fix it" });
    await github.idle();
    const comment = heard.find((each) => each.headers["x-github-event"] === "issue_comment");
    if (!comment) throw new Error("no issue_comment was heard");
    const webhooks = new Webhooks({ secret: github.app.webhookSecret });
    expect(await webhooks.verify(comment.body, String(comment.headers["x-hub-signature-256"]))).toBe(true);
    const payload = JSON.parse(comment.body);
    expect(payload.installation.id).toBe(repo.installationId);

    const bot = await asBot(github, repo.installationId);
    const said = await bot.issues.createComment({ ...at, issue_number: issue.data.number, body: "On it." });
    expect(said.data.user?.login).toBe("orch[bot]");
    expect(said.data.performed_via_github_app?.slug).toBe("orch");
    await bot.reactions.createForIssueComment({ ...at, comment_id: payload.comment.id, content: "eyes" });
    await bot.issues.addLabels({ ...at, issue_number: issue.data.number, labels: ["orch:running"] });

    const dir = await temporaryFolder();
    const token = await installationToken(github, repo.installationId, { repository_ids: [repo.id] });
    const url = withToken(repo.cloneUrl, token);
    expect((await git(dir, "clone", "--quiet", url, "tree")).exitCode).toBe(0);
    const tree = `${dir}/tree`;
    await git(tree, "checkout", "-q", "-b", "orch/1");
    await writeFile(`${tree}/src/sum.js`, "export const sum = (a, b) => a + b;\n");
    await git(tree, "commit", "-q", "-a", "-m", "Add instead of subtracting");
    const pushed = await git(tree, "push", "origin", "orch/1");
    expect(pushed.exitCode, pushed.stderr).toBe(0);

    const pull = await bot.pulls.create({ ...at, title: "Fix sum", head: "orch/1", base: "main", draft: true });
    expect(pull.data).toMatchObject({
      additions: 1,
      deletions: 1,
      changed_files: 1,
      commits: 1,
      draft: true,
      mergeable: true,
    });
    expect(pull.data.head.sha).toBe((await git(tree, "rev-parse", "HEAD")).stdout);
    const check = await bot.checks.create({ ...at, name: "orch", head_sha: pull.data.head.sha, status: "in_progress" });
    await bot.checks.update({ ...at, check_run_id: check.data.id, conclusion: "success" });
    await github.idle();
    const events = heard.map((each) => {
      const { action } = JSON.parse(each.body);
      return [each.headers["x-github-event"], action].filter(Boolean).join(".");
    });
    expect(events).toEqual(
      expect.arrayContaining([
        "issues.opened",
        "issue_comment.created",
        "label.created",
        "issues.labeled",
        "push",
        "create",
        "check_suite.requested",
        "pull_request.opened",
        "check_run.created",
        "check_run.completed",
        "check_suite.completed",
      ]),
    );
  },
);
