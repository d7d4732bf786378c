import { describe, expect, test } from "vitest";
import { z } from "zod";
import { hostsOf } from "../../src/reach/allow.ts";
import { hostPatternSchema } from "../../src/reach/reach.ts";
import { Refusal } from "../../src/refusal.ts";
import { parseRepositoryFile, REPOSITORY_FILES } from "../../src/settings/repository-file.ts";

const read = (text: string) => parseRepositoryFile([{ path: ".github/orch.yml", text }]);

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

  test.each([
    ["an egress that does not exist", "egress: closed"],
    ["a host that is none", "egress: listed\nallow: [https://example.com]"],
    ["a key that does not exist", "verfiy: npm test"],
    ["an agent of its own", "agents: { evil: { kind: plain, command: [sh] } }"],
    ["broken YAML", "verify: [npm"],
    ["a list instead of a mapping", "- verify"],
    ["an empty command", "verify: []"],
    ["a command that no program can be given", 'verify: "npm test\\0"'],
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
