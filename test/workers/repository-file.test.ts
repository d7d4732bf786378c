import { describe, expect, test } from "vitest";
import { Refusal } from "../../workers/refusal.ts";
import { commandLine, parseRepositoryFile } from "../../workers/repository-file.ts";

describe("a repository's own file", () => {
  test("none means no wishes", () => {
    expect(parseRepositoryFile(undefined)).toEqual({});
    expect(parseRepositoryFile("")).toEqual({});
  });

  test("it may choose an agent and say how work is verified, as a line or as words", () => {
    expect(parseRepositoryFile("agent: claude\nverify: npm test")).toEqual({
      agent: "claude",
      verify: ["sh", "-c", "npm test"],
    });
    expect(parseRepositoryFile("verify: [node, --test]")).toEqual({ agent: undefined, verify: ["node", "--test"] });
  });

  test.each([
    ["a key that does not exist", "verfiy: npm test"],
    ["an agent of its own", "agents: { evil: { kind: plain, command: [sh] } }"],
    ["broken YAML", "verify: [npm"],
    ["a list instead of a mapping", "- verify"],
    ["an empty command", "verify: []"],
    ["a command that no program can be given", 'verify: "npm test\\0"'],
    ["aliases that blow up", `a: &a [x]\nverify: [*a, *a]`],
  ])("%s is refused with a sentence", (_what, text) => {
    expect(() => parseRepositoryFile(text)).toThrow(Refusal);
  });

  test("a command is shown as a person would type it", () => {
    expect(commandLine(["sh", "-c", "npm test && npm run lint"])).toBe("npm test && npm run lint");
    expect(commandLine(["node", "--test", "it's here"])).toBe("node --test 'it'\\''s here'");
  });
});
