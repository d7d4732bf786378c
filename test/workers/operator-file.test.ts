import { describe, expect, test } from "vitest";
import { ConfigError } from "../../src/config.ts";
import { parseOperatorFile, readOperatorFile } from "../../workers/operator-file.ts";

const one = "agents: { fixer: { kind: plain, command: [/usr/bin/fixer] } }";

describe("the operator's file", () => {
  test("one agent is enough: everything else has a default", () => {
    const file = parseOperatorFile(one, "orch.yml");
    expect(file).toMatchObject({
      defaultAgent: "fixer",
      sandbox: "auto",
      limits: { totalMinutes: 60, verifyRounds: 2 },
    });
    expect(file.slots).toBeGreaterThan(0);
  });

  test.each([
    ["no agent at all", "agents: {}"],
    ["several agents and no default", "agents: { a: { kind: plain, command: [a] }, b: { kind: plain, command: [b] } }"],
    ["a default that does not exist", `${one}\ndefaultAgent: other`],
    ["a mistyped limit", `${one}\nlimits: { totalMinute: 5 }`],
    ["a limit of nothing", `${one}\nlimits: { totalMinutes: 0 }`],
    ["a sandbox that does not exist", `${one}\nsandbox: strong`],
    ["broken YAML", "agents: ["],
  ])("%s is an error that names the file", (_what, text) => {
    expect(() => parseOperatorFile(text, "orch.yml")).toThrow(ConfigError);
    expect(() => parseOperatorFile(text, "orch.yml")).toThrow(/orch\.yml/);
  });

  test("all problems are told at once", () => {
    const read = () => parseOperatorFile(`${one}\nslots: 0\nsandbox: strong\nextra: 1`, "orch.yml");
    expect(read).toThrow(/slots[\s\S]*sandbox|sandbox[\s\S]*slots/);
  });

  test("mistakes are told in the words of YAML", () => {
    const read = (text: string) => () => parseOperatorFile(text, "orch.yml");
    expect(read("agents: { a: { kind: plain, command: fixer } }")).toThrow(
      'orch.yml: agents.a.command: expected a list, such as [one, two], not "fixer"',
    );
    expect(read(`${one}\nslts: 2`)).toThrow("orch.yml: file: unknown key slts");
    expect(read(`${one}\nsandbox: strong`)).toThrow('orch.yml: sandbox: expected auto or bwrap or none, not "strong"');
  });

  test("without a file the error says which setting names it", () => {
    expect(() => readOperatorFile(undefined)).toThrow(/ORCH_CONFIG/);
    expect(() => readOperatorFile("/nowhere/orch.yml")).toThrow(/ORCH_CONFIG/);
  });
});
