import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../../../workers/agents/event.ts";
import { toolCalls } from "../../../workers/agents/tool-calls.ts";
import { transcriptRenderer } from "../../../workers/agents/transcript.ts";
import { shownEvent } from "../../../workers/run/step/shown-event.ts";
import { makeSpoken } from "../../../workers/run/step/spoken.ts";

/** What is shown of a call, as a run event. */
const shown = (name: string, parameters: unknown) => {
  const [began] = [toolCalls().begin({ id: "1", name, parameters })];
  return shownEvent(began as AgentEvent, "")?.text;
};

describe("a call of a tool of Orch's own reads as what the agent says by it", () => {
  it.each([
    ["progress", { text: "Two of five tests pass." }, "says: Two of five tests pass."],
    ["ask", { question: "Which database?\nThe old one?", options: ["a", "b"] }, "asks: Which database? The old one?"],
    ["wait", { questionId: "q-1a2b" }, "waits for the answer to q-1a2b"],
    ["inbox", {}, "looks for messages"],
    ["checkpoint", { summary: "The parser is done." }, "puts its work aside: The parser is done."],
    ["finish", { title: "Round once", summary: "All of it", decisions: ["none"] }, "hands in: Round once"],
  ])("%s", (tool, parameters, words) => {
    expect(shown(`mcp__orch__${tool}`, parameters)).toBe(words);
    expect(shown(`mcp_orch_${tool}`, parameters)).toBe(words);
  });

  it("also where it is called wrongly, or there is no such tool", () => {
    for (const wrong of [undefined, null, "text", { question: 7 }, {}])
      expect(shown("mcp__orch__ask", wrong)).toBe("asks:");
    expect(shown("mcp__orch__toString", { text: "x" })).toBe("orch: toString text: x");
    expect(shown("mcp_orch_orch_note", { text: "x" })).toBe("orch: orch_note text: x");
  });

  it("in the session's pane and in the last lines of the comment, marked where it was refused", () => {
    const calls = toolCalls();
    const events = [
      calls.begin({ id: "1", name: "mcp__orch__ask", parameters: { question: "Which?" } }),
      ...calls.end("1", false, ""),
    ];
    const render = transcriptRenderer();
    const spoken = makeSpoken();
    for (const event of events) spoken.hear(event);
    expect(spoken.lastLines()).toBe("✘ asks: Which?");
    expect(events.map(render).join("")).toMatch(/▸.* .*asks:.* Which\?\n.*✘.*asks:.* Which\?\n$/);
  });

  it("in one line and bounded, however long the text is", () => {
    const text = shown("mcp__orch__ask", { question: `${"why ".repeat(100_000)}\u202e?` }) ?? "";
    expect(text.length).toBeLessThan(300);
    expect(text).not.toMatch(/[\n\u202e]/);
  });
});

describe("a call of another server's tool", () => {
  it("is told with the server's name, the tool's and what it is about", () => {
    expect(shown("mcp__serena__find_symbol", { name_path: "Order/total" })).toBe(
      "serena: find_symbol name_path: Order/total",
    );
    expect(shown("mcp_my-docs_read_text_file", { path: "/opt/docs/a.md" })).toBe(
      "my-docs: read_text_file /opt/docs/a.md",
    );
  });

  it("is no other tool's", () => {
    for (const name of ["write_file", "Bash", "mcp", "mcp_", "mcp__x", "mcp__Orch__ask"])
      expect(shown(name, { path: "a" })).toBe(`${name} a`);
  });
});
