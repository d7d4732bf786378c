/**
 * The yardstick: what one would write with the usual parts and nothing else. @octokit/webhooks verifies, parses and
 * answers; the handler looks for a command and awaits BullMQ's `add`. No log, no checks, no limits.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { createNodeMiddleware, Webhooks } from "@octokit/webhooks";
import { Queue } from "bullmq";
import { Redis } from "ioredis";
import { serveQuestions } from "../child.ts";
import type { ServerOptions } from "./ingress.ts";

serveQuestions({
  async start({ redisUrl, secret, path }: ServerOptions): Promise<number> {
    const connection = new Redis(redisUrl.slice("unix://".length), { maxRetriesPerRequest: null });
    const queue = new Queue("yardstick", { connection });
    const webhooks = new Webhooks({ secret });
    webhooks.on("issue_comment.created", async ({ payload }) => {
      const { comment, issue, repository, sender, installation } = payload;
      if (!/^\/orch\b/m.test(comment.body)) return;
      const job = {
        installationId: installation?.id,
        repository: { id: repository.id, owner: repository.owner.login, name: repository.name },
        number: issue.number,
        commentId: comment.id,
        commentUrl: comment.html_url,
        actor: { id: sender.id, login: sender.login },
        body: comment.body,
        requestedAt: comment.created_at,
      };
      await queue.add("command", job, { jobId: `comment-${comment.id}` });
    });
    const server = createServer(createNodeMiddleware(webhooks, { path })).listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("the server has no port");
    return address.port;
  },
});
