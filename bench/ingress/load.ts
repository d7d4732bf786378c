/**
 * Sends deliveries over kept-alive connections, each the next as soon as the last is answered. Bodies are made and signed
 * before the clock runs; each has a comment id of its own, so that none is a repetition.
 */
import { createHmac, randomUUID } from "node:crypto";
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { serveQuestions } from "../child.ts";
import type { Load, Loaded } from "./ingress.ts";

type Signed = { body: Buffer; headers: Record<string, string | number> };

serveQuestions({
  async send(load: Load): Promise<Loaded> {
    const deliveries = Array.from({ length: load.count }, (_, index) => signedDelivery(load, load.firstId + index));
    const agent = new Agent({ keepAlive: true, maxSockets: load.connections });
    const latencies: number[] = [];
    const startedAt = performance.now();
    const connection = async () => {
      for (let next = deliveries.pop(); next; next = deliveries.pop()) latencies.push(await post(agent, load, next));
    };
    await Promise.all(Array.from({ length: load.connections }, connection));
    const ms = performance.now() - startedAt;
    agent.destroy();
    return { ms, latencies };
  },
});

function signedDelivery({ template, placeholder, secret }: Load, commentId: number): Signed {
  const body = Buffer.from(template.replaceAll(placeholder, String(commentId)));
  const signature = createHmac("sha256", secret).update(body).digest("hex");
  const headers = {
    "content-type": "application/json",
    "content-length": body.length,
    "user-agent": "GitHub-Hookshot/51mu1at",
    "x-github-delivery": randomUUID(),
    "x-github-event": "issue_comment",
    "x-hub-signature-256": `sha256=${signature}`,
  };
  return { body, headers };
}

/** Milliseconds until the whole answer was there. Anything but 2xx is an error: a refusal is cheap and proves nothing. */
async function post(agent: Agent, { port, path }: Load, { body, headers }: Signed): Promise<number> {
  const startedAt = performance.now();
  const sent = request({ agent, host: "127.0.0.1", port, path, method: "POST", headers });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  response.resume();
  await once(response, "end");
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) throw new Error(`a delivery was answered with ${status}`);
  return performance.now() - startedAt;
}
