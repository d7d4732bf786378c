import { describe, expect, test } from "vitest";
import { z } from "zod";
import { hostPatternSchema } from "../../src/reach/reach-shape.ts";
import { hostsOf } from "../../src/reach/read-allow.ts";
import { Refusal } from "../../src/refusal.ts";
import { parseRepositoryFile, REPOSITORY_FILES } from "../../src/settings/repository-file.ts";

const read = (text: string) => parseRepositoryFile([{ path: ".github/orch.yml", text }]);

const twentyOne = Array.from({ length: 21 }, (_, index) => `  s${index}: { cron: "0 3 * * *", run: x }`).join("\n");

describe("a repository's own file", () => {
  test("none means no wishes", () => {
    expect(parseRepositoryFile([])).toEqual({});
    expect(read("")).toEqual({});
  });

  test("it may choose an agent and say how work is verified, as a line or as words", () => {
    expect(read("agent: claude\nverify: npm test")).toEqual({
      agent: "claude",
      verify: ["sh", "-c", "npm test"],
    });
    expect(read("verify: [node, --test]")).toEqual({ agent: undefined, verify: ["node", "--test"] });
  });

  test("it may narrow what its work reaches, in a form that a run's record can hold", () => {
    const { listed } = read('egress: listed\nallow: [Example.com, "*.example.org:8443"]');
    expect(listed).toEqual([
      { name: "example.com", ports: [80, 443] },
      { name: "*.example.org", ports: [8443] },
    ]);
    expect(z.array(hostPatternSchema).parse(JSON.parse(JSON.stringify(listed)))).toEqual(listed);
    expect(read("egress: listed").listed).toEqual([]);
    expect(read("allow: [npm]\negress: listed").listed).toEqual(hostsOf("npm"));
  });

  test("an open network is no wish, for it cannot widen anything", () => {
    expect(read("egress: open")).toEqual({});
  });

  test("it cannot list a private address, and is told who can", () => {
    expect(() => read('egress: listed\nallow: ["10.0.0.7:11434"]')).toThrow(
      /"10\.0\.0\.7:11434" is not a public address\. Only the operator can list it/,
    );
  });

  test("a list that would mean nothing is refused, with what to add", () => {
    for (const text of ["allow: [npm]", "egress: open\nallow: [npm]"]) {
      expect(() => read(text)).toThrow("Add egress: listed, or remove it");
    }
  });

  test("it may make a team's plans smaller, and what they may use less", () => {
    const planLimits = { width: 2, nodes: 8, depth: 0, runsPerNode: 3, managerRuns: 5 };
    expect(read("team: { limits: { width: 2, nodes: 8, depth: 0, runsPerNode: 3, managerRuns: 5 } }")).toMatchObject({
      planLimits,
    });
    expect(read("budget: { plan: $5 }").budget).toEqual({ plan: { usd: 5 } });
    for (const text of ["{ width: 0 }", "{ nodes: 41 }", "{ runs: 3 }"])
      expect(() => read(`team: { limits: ${text} }`), text).toThrow(/team.limits/);
  });

  test("it may let small plans of a team begin without a person's word, and has to say how small", () => {
    const autoApproval = { nodes: 4, budget: { usd: 3 } };
    expect(read("team: { approval: auto, nodes: 4, budget: $3 }")).toMatchObject({ autoApproval });
    expect(read("team: { nodes: 4, budget: $3 }").autoApproval).toBeUndefined();
    expect(read("team: {}").autoApproval).toBeUndefined();
    for (const text of ["team: { approval: auto }", "team: { approval: auto, nodes: 4 }"])
      expect(() => read(text)).toThrow("auto needs nodes and budget: add both, or remove approval");
  });

  test("it may choose an agent for a role, tell it more, or switch it off", () => {
    expect(
      read("roles: { reviewer: { agent: gemini, prompt: Mind the money. }, tester: off, frontend: false }"),
    ).toEqual({
      roles: {
        reviewer: { agent: "gemini", prompt: "Mind the money." },
        tester: { off: true },
        frontend: { off: true },
      },
    });
  });

  test("it cannot widen what a role may do, nor name its model", () => {
    for (const key of ["rights: writes", "delegates: true", "model: opus", "totalMinutes: 90", "budget: $9"])
      expect(() => read(`roles: { reviewer: { ${key} } }`)).toThrow(/not usable/);
  });

  test("it may say what is asked for at which times", () => {
    const file = `
schedules:
  nightly:
    cron: "0 3 * * *"
    timezone: Europe/Berlin
    run: |
      fix the flaky tests

      Those of last night alone.
    issue: 42
    agent: claude
  weekly-tidy:
    cron: "@weekly"
    run: remove what nobody uses
`;
    expect(read(file).schedules).toEqual([
      {
        name: "nightly",
        cron: "0 3 * * *",
        timezone: "Europe/Berlin",
        instruction: "fix the flaky tests",
        details: "Those of last night alone.",
        issue: 42,
        agent: "claude",
      },
      { name: "weekly-tidy", cron: "@weekly", timezone: "UTC", instruction: "remove what nobody uses" },
    ]);
  });

  test("where it is wrong, each line and key is named, in the order of the file", () => {
    const text = `agent: claude
schedules:
  nightly:
    cron: "0 3 * * * *"
    timezone: Mars/Base
    run: /orch fix it
    isue: 42
  Weekly:
    cron: "*/5 * * * *"
    run: tidy up
  never: { cron: "0 0 30 2 *", run: "<!-- nothing -->" }
verify: []
`;
    expect(() => read(text)).toThrow(
      new Refusal(
        [
          "`.github/orch.yml` is not usable:",
          '- line 4, `schedules.nightly.cron`: "0 3 * * * *" has a field for seconds or years: leave it out, five fields are read',
          '- line 5, `schedules.nightly.timezone`: "Mars/Base" is no time zone: give an IANA name, such as Europe/Berlin or UTC',
          "- line 6, `schedules.nightly.run`: is the request alone: leave /orch out",
          "- line 7, `schedules.nightly`: unknown key isue",
          "- line 8, `schedules.Weekly`: a schedule's name has at most 40 of a-z, 0-9 and -",
          '- line 11, `schedules.never.cron`: "0 0 30 2 *" never comes: there is no such day',
          "- line 11, `schedules.never.run`: is empty: say what is to be done",
          "- line 12, `verify`: expected at least 1 entries",
        ].join("\n"),
      ),
    );
  });

  test("a file with very many faults names the first ten", () => {
    const text = Array.from({ length: 15 }, (_, index) => `  s${index}: { run: x }`).join("\n");
    expect(() => read(`schedules:\n${text}`)).toThrow(/line 11, `schedules\.s9\.cron`: .*\n- … and 5 more$/);
  });

  test.each([
    ["an egress that does not exist", "egress: closed"],
    ["a host that is none", "egress: listed\nallow: [https://example.com]"],
    ["a key that does not exist", "verfiy: npm test"],
    ["an agent of its own", "agents: { evil: { kind: plain, command: [sh] } }"],
    ["broken YAML", "verify: [npm"],
    ["a list instead of a mapping", "- verify"],
    ["an empty command", "verify: []"],
    ["a command that no program can be given", 'verify: "npm test\\0"'],
    ["schedules in a list", "schedules: [{ cron: '0 3 * * *', run: x }]"],
    ["a schedule without a request", "schedules: { a: { cron: '0 3 * * *' } }"],
    ["an issue that is none", "schedules: { a: { cron: '0 3 * * *', run: x, issue: 0 } }"],
    ["an offset for a time zone", "schedules: { a: { cron: '0 3 * * *', run: x, timezone: '+02:00' } }"],
    ["a request that is too long", `schedules: { a: { cron: "0 3 * * *", run: ${"x".repeat(4_001)} } }`],
    ["more schedules than there may be", `schedules:\n${twentyOne}`],
    ["aliases that blow up", `a: &a [x]\nverify: [*a, *a]`],
  ])("%s is refused with a sentence", (_what, text) => {
    expect(() => read(text)).toThrow(Refusal);
  });

  test("it may end in .yaml as well, and is called by its name where it is wrong", () => {
    const parse = (text: string) => () => parseRepositoryFile([{ path: ".github/orch.yaml", text }]);
    expect(parse("agent: claude")()).toEqual({ agent: "claude" });
    expect(parse("verfiy: npm test")).toThrow("`.github/orch.yaml` is not usable");
    expect(parse("verify: [npm")).toThrow("`.github/orch.yaml` is not valid YAML");
  });

  test("two of them are refused, whatever they say", () => {
    const both = REPOSITORY_FILES.map((path) => ({ path, text: "verify: npm test" }));
    const read = () => parseRepositoryFile(both);
    expect(read).toThrow(Refusal);
    expect(read).toThrow("There are both `.github/orch.yml` and `.github/orch.yaml`: keep one and remove the other.");
  });
});
