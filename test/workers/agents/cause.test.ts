import { describe, expect, it } from "vitest";
import { lastMeaningfulLine, reasonOfText } from "../../../workers/agents/cause.ts";

describe("why an agent failed, by its program's words", () => {
  it.each([
    ["Your credit balance is too low to access the Anthropic API.", "credit"],
    ['429 {"error":{"code":"insufficient_quota"}}', "credit"],
    ["You've hit your usage limit. Try again in 2 days 3 hours.", "usage_limit"],
    ["Claude AI usage limit reached|1764242400", "usage_limit"],
    ["Not logged in · Please run /login", "auth"],
    ["unexpected status 401 Unauthorized: invalid x-api-key", "auth"],
    ['{"error":{"type":"not_found_error","message":"model: claude-9"}}', undefined],
    ["There's an issue with the selected model (claude-9). It may not exist.", "model"],
    ["models/gemini-9 is not found for API version v1beta", "model"],
    ["The model `gpt-9` does not exist or you do not have access to it.", "model"],
    ["exceeded retry limit, last status: 429 Too Many Requests", "rate_limit"],
    ["connect ECONNREFUSED 127.0.0.1:4010", "unreachable"],
    ["Attempt 3 failed with status 503. Retrying with backoff...", "server"],
    ["error: unknown option '--frobnicate'", "config"],
    ["latch: 6: exec: claude: not found", "config"],
    // At the beginning of each run that goes well.
    ["Model metadata for `gpt-5-codex` not found. Defaulting to fallback metadata", undefined],
    ["I repaired 429 tests.", undefined],
  ])("takes %j for %s", (words, reason) => {
    expect(reasonOfText(words)).toBe(reason);
  });

  it("shows of an error output the line that says why, not where it stands or what was asked", () => {
    const codex = [
      "workdir: /workspace",
      "user",
      "Fix the error in src/a.js: it must not fail.",
      "warning: no metadata",
      "ERROR: exceeded retry limit, last status: 429 Too Many Requests",
      "tokens used",
      "0",
    ];
    expect(lastMeaningfulLine(codex.join("\n"))).toBe(codex[4]);
    const node =
      "x.js:1\n  boom()\n  ^\n\nError: no such thing\n    at f (x.js:1:1)\n    at g (y.js:2:2)\n\nNode.js v24.1.0\n";
    expect(lastMeaningfulLine(node)).toBe("Error: no such thing");
    expect(lastMeaningfulLine("one\ntwo\n\n")).toBe("two");
    expect(lastMeaningfulLine("\n ---\n")).toBe("");
  });
});
