import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { agentsSchema } from "../../../workers/agents/definitions.ts";
import { agentEventSchema, errorReasonSchema } from "../../../workers/agents/event.ts";

const page = readFileSync(new URL("../../../docs/agents.md", import.meta.url), "utf8");

/** The content of the page's code blocks in this language. */
function blocks(language: string): string[] {
  return [...page.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code]) =>
    name === language ? [code ?? ""] : [],
  );
}

describe("docs/agents.md", () => {
  it("shows definitions that Orch accepts", () => {
    const shown = blocks("yaml").map((code) => parse(code).agents);
    expect(shown).toHaveLength(1);
    for (const agents of shown) expect(agentsSchema.parse(agents)).toBeDefined();
  });

  it("shows a line of every type that a program may write, each as Orch reads it", () => {
    const lines = blocks("jsonl").flatMap((code) =>
      code
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    );
    for (const line of lines) expect(agentEventSchema.parse(line)).toEqual(line);
    const types = agentEventSchema.options.map((option) => option.shape.type.value).filter((type) => type !== "log");
    expect([...new Set(lines.map(({ type }) => type))].sort()).toEqual([...types].sort());
    for (const type of types) expect(page).toMatch(new RegExp(`^\\| \`${type}\` +\\|`, "m"));
  });

  it("names every reason", () => {
    for (const reason of errorReasonSchema.options) expect(page).toContain(`\`${reason}\``);
  });
});
