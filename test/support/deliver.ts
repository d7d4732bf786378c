/** Deliveries as GitHub sends them, signed, for tests of what receives them. */
import { randomUUID } from "node:crypto";
import { sign } from "../../src/ingress/signature.ts";

export const WEBHOOK_SECRET = "test-webhook-secret";

/** A signed delivery to `url`; headers of one's own replace the usual ones, an empty one is left out. */
export async function deliver(
  url: string,
  event: string,
  payload: unknown,
  { headers = {}, secret = WEBHOOK_SECRET }: { headers?: Record<string, string>; secret?: string } = {},
): Promise<Response> {
  const body = typeof payload === "string" ? payload : JSON.stringify(payload);
  const all: Record<string, string> = {
    "content-type": "application/json",
    "x-github-event": event,
    "x-github-delivery": randomUUID(),
    "x-hub-signature-256": sign(secret, Buffer.from(body)),
    ...headers,
  };
  const sent = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== ""));
  return await fetch(url, { method: "POST", headers: sent, body });
}

/** `issue_comment.created` with only what we read; `changes` replace whole fields. */
export function commentCreated(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    action: "created",
    installation: { id: 21 },
    repository: { id: 11, name: "calculator", owner: { login: "octo-org" }, default_branch: "main", unknown: [1] },
    sender: { id: 31, login: "maintainer", type: "User" },
    issue: { number: 7, title: "Tests fail", state: "open" },
    comment: {
      id: 501,
      html_url: "https://github.test/octo-org/calculator/issues/7#issuecomment-501",
      body: "/orch fix the tests",
      created_at: new Date().toISOString(),
      performed_via_github_app: null,
    },
    ...changes,
  };
}
