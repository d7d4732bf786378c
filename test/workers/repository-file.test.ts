import { describe, expect, test } from "vitest";
import { z } from "zod";
import { hostsOf } from "../../workers/network/allow.ts";
import { hostPatternSchema } from "../../workers/network/policy.ts";
import { Refusal } from "../../workers/refusal.ts";
import { parseRepositoryFile } from "../../workers/repository-file.ts";

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

  test("it may narrow what its work reaches, in a form that a run's record can hold", () => {
    const { listed } = parseRepositoryFile('egress: listed\nallow: [Example.com, "*.example.org:8443"]');
    expect(listed).toEqual([
      { name: "example.com", ports: [80, 443] },
      { name: "*.example.org", ports: [8443] },
    ]);
    expect(z.array(hostPatternSchema).parse(JSON.parse(JSON.stringify(listed)))).toEqual(listed);
    expect(parseRepositoryFile("egress: listed").listed).toEqual([]);
    expect(parseRepositoryFile("allow: [npm]\negress: listed").listed).toEqual(hostsOf("npm"));
  });

  test("an open network is no wish, for it cannot widen anything", () => {
    expect(parseRepositoryFile("egress: open")).toEqual({});
  });

  test("it cannot list a private address, and is told who can", () => {
    expect(() => parseRepositoryFile('egress: listed\nallow: ["10.0.0.7:11434"]')).toThrow(
      /"10\.0\.0\.7:11434" is not a public address\. Only the operator can list it/,
    );
  });

  test("a list that would mean nothing is refused, with what to add", () => {
    for (const text of ["allow: [npm]", "egress: open\nallow: [npm]"]) {
      expect(() => parseRepositoryFile(text)).toThrow("Add egress: listed, or remove it");
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
    expect(() => parseRepositoryFile(text)).toThrow(Refusal);
  });
});
