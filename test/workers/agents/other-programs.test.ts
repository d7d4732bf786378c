/** Programs that have no adapter of their own yet, driven by a kind that does not fit: what a person is told then. */
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { adapterFor } from "../../../workers/agents/adapters.ts";
import { eventsOf, evidenceOf, recording } from "./recording.ts";

const folder = new URL("../../fixtures/agent-streams/", import.meta.url);
const others = ["codex", "opencode", "copilot", "qwen"].flatMap((cli) =>
  readdirSync(new URL(`${cli}/`, folder)).map((file) => `${cli}/${file.replace(/\.jsonl$/, "")}`),
);

function verdictOf(kind: "jsonl" | "plain", name: string, exitCode: number, stderrTail = "") {
  const events = eventsOf(kind, recording(name), exitCode);
  return adapterFor(kind).judge(evidenceOf(events, exitCode, stderrTail));
}

describe("a program that writes another format under the kind jsonl", () => {
  it.each(others)("is told so, whatever its exit code: %s", (name) => {
    for (const exitCode of [0, 1])
      expect(verdictOf("jsonl", name, exitCode)).toMatchObject({
        ok: false,
        reason: "config",
        message: expect.stringMatching(/output is (?:no|an) event of the kind jsonl.*needs another kind/s),
      });
  });
});

describe("a program under the kind plain", () => {
  it.each([
    ["codex/error-429", "ERROR: exceeded retry limit, last status: 429 Too Many Requests", "rate_limit"],
    ["codex/error-401", "ERROR: unexpected status 401 Unauthorized: invalid x-api-key", "auth"],
    ["codex/error-500", "ERROR: unexpected status 500 Internal Server Error: boom", "server"],
    ["copilot/error-401", "Authentication failed with provider at http://127.0.0.1:4010/v1 (HTTP 401).", "auth"],
    ["opencode/error-429", "Error: rate limited", "rate_limit"],
    ["qwen/error-500", "[API Error: connect ECONNREFUSED 127.0.0.1:4010]", "unreachable"],
  ])("is judged by the last line of its error output: %s", (name, line, reason) => {
    const stderr = `Fix the tests\nthat fail\n${line}\n`;
    expect(verdictOf("plain", name, 1, stderr)).toMatchObject({
      ok: false,
      reason,
      message: `The agent ended with exit code 1: ${line}`,
    });
  });

  it("says until when its provider takes no requests", () => {
    const before = Date.now();
    const verdict = verdictOf("plain", "codex/error-429", 1, "You've hit your usage limit. Try again in 30 minutes.");
    expect(verdict).toMatchObject({ reason: "usage_limit", until: expect.any(Number) });
    expect(verdict).toHaveProperty("until", expect.closeTo(before + 30 * 60_000, -4));
  });
});
