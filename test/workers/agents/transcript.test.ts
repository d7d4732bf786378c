import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../workers/agents/event.ts";
import { transcriptRenderer } from "../../../workers/agents/transcript.ts";
import { eventsOf, recording } from "./recording.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what this is about
const ours = /\u001b\[(?:0|2|31|32|33|36)m/g;

/** What a viewer reads, and a check that nothing but our colours is left beside it. */
function shown(events: readonly AgentEvent[], width = 72): string {
  const raw = events.map(transcriptRenderer(width)).join("");
  const plain = raw.replace(ours, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
  expect(plain).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
  return plain;
}

describe("the session's transcript", () => {
  it("reads like a report", () => {
    expect(
      shown(eventsOf("gemini", recording("gemini/success"), 0)),
    ).toBe(`session ca9f6104-7fde-41e7-8f0a-1dba351073de · gemini-2.5-pro

I will create the file.
  ▸ write_file /workspace/hello.txt

Done: wrote /workspace/hello.txt. (users=1)
2,400 tokens read · 68 written

✔ finished
`);
  });

  it("gives each tool call one line, and a second one only when it failed", () => {
    const call = { type: "tool", name: "shell", summary: "npm test" } as const;
    const started = { ...call, status: "started" } as const;
    expect(shown([started, { ...call, status: "ok" }])).toBe("  ▸ shell npm test\n");
    expect(shown([started, { ...call, status: "failed" }])).toBe("  ▸ shell npm test\n  ✘ shell npm test\n");
    expect(shown([call, { ...call, status: "failed" }])).toBe("  ▸ shell npm test\n  ✘ shell npm test\n");
  });

  it("wraps prose at words and leaves code, indented lines and long words alone", () => {
    const code = `\`\`\`\n${"x ".repeat(50)}\n\`\`\`\n    ${"y ".repeat(40)}`;
    const text = `${"word ".repeat(20)}\n\n\n\n${code}\n${"z".repeat(80)}`;
    const lines = shown([{ type: "text", text }]).split("\n");
    expect(lines[1]).toBe(Array(14).fill("word").join(" "));
    expect(lines).toContain("x ".repeat(50));
    expect(lines).toContain(`    ${"y ".repeat(40)}`.trimEnd());
    expect(lines).toContain("z".repeat(80));
    expect(lines.join("\n")).not.toContain("\n\n\n");
  });

  it("lets no text of an agent steer the terminal, from any event", () => {
    const evil = "\u001b[2J\u001b]52;c;ZXZpbA==\u0007\u001bPq\u001b\\\u009b31mshown\u202e\u0008\u0000\u001b";
    const events: AgentEvent[] = [
      { type: "session", sessionId: evil, model: evil },
      { type: "text", text: evil },
      { type: "tool", name: evil, summary: evil, status: "failed" },
      { type: "retry", reason: evil },
      { type: "error", reason: "crash", message: evil },
      { type: "log", text: evil },
      { type: "final", ok: false, text: `${evil}!` },
    ];
    const text = shown(events);
    expect(text.match(/shown/g)).toHaveLength(9);
    expect(text).not.toContain("52;c");
  });

  it("shows lines of a plain command without gaps", () => {
    expect(shown(eventsOf("plain", Buffer.from("one\ntwo\nthree\n"), 0))).toBe("\none\ntwo\nthree\n");
  });
});
