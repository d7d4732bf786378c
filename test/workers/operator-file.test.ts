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
      egress: "open",
      allow: { hosts: [], private: [] },
      verify: {},
      limits: { totalMinutes: 60, verifyRounds: 2, connections: 256, trafficGigabytes: 20 },
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
    ["an egress that does not exist", `${one}\negress: closed`],
    ["something mistyped for the verify command", `${one}\nverify: { alow: [npm] }`],
    ["no connection at all", `${one}\nlimits: { connections: 0 }`],
    ["more connections than a sandbox gets", `${one}\nlimits: { connections: 4097 }`],
    ["no traffic at all", `${one}\nlimits: { trafficGigabytes: 0 }`],
    ["broken YAML", "agents: ["],
  ])("%s is an error that names the file", (_what, text) => {
    expect(() => parseOperatorFile(text, "orch.yml")).toThrow(ConfigError);
    expect(() => parseOperatorFile(text, "orch.yml")).toThrow(/orch\.yml/);
  });

  test("it says what all may reach, what the verify command may, and how much", () => {
    const file = `
egress: listed
allow: [example.com, "10.0.0.7:11434"]
verify: { egress: open, allow: ["*.example.org"] }
limits: { connections: 16, trafficGigabytes: 0.25 }`;
    expect(parseOperatorFile(`${one}${file}`, "orch.yml")).toMatchObject({
      egress: "listed",
      allow: {
        hosts: [
          { name: "example.com", ports: [80, 443] },
          { name: "10.0.0.7", ports: [11_434] },
        ],
        private: [{ address: "10.0.0.7", port: 11_434 }],
      },
      verify: { egress: "open", allow: { hosts: [{ name: "*.example.org", ports: [80, 443] }], private: [] } },
      limits: { connections: 16, trafficGigabytes: 0.25 },
    });
  });

  test("an entry of allow that is none is told with its place and what to write", () => {
    const read = (text: string) => () => parseOperatorFile(`${one}\n${text}`, "orch.yml");
    expect(read("allow: [example.com, 10.0.0.7]")).toThrow(
      'orch.yml: allow.1: "10.0.0.7" is an address, which is listed with its port only. Write, for example, 10.0.0.7:11434',
    );
    expect(read("verify: { allow: [nmp] }")).toThrow(/orch\.yml: verify\.allow\.0: "nmp" is neither a set/);
    expect(read("allow: npm")).toThrow('orch.yml: allow: expected a list, such as [one, two], not "npm"');
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
