import { describe, expect, test } from "vitest";
import { hostName } from "../../src/reach/host-name.ts";
import { hostSets, isHostSet } from "../../src/reach/host-sets.ts";
import { hostPatternSchema } from "../../src/reach/reach-shape.ts";
import { allowHostsSchema, allowSchema, hostsOf } from "../../src/reach/read-allow.ts";

function problemOf(entry: string, schema: typeof allowSchema | typeof allowHostsSchema = allowSchema): string {
  const parsed = schema.safeParse(["example.com", entry]);
  return parsed.success
    ? ""
    : parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("\n");
}

describe("an entry of allow", () => {
  test.each([
    ["example.com", "example.com", [80, 443]],
    ["EXAMPLE.com.", "example.com", [80, 443]],
    ["münchen.example", "xn--mnchen-3ya.example", [80, 443]],
    ["example.com:8443", "example.com", [8443]],
    ["models:8080", "models", [8080]],
    ["*.example.com", "*.example.com", [80, 443]],
    ["*.Example.com:8443", "*.example.com", [8443]],
  ])("%s lists a host", (entry, name, ports) => {
    expect(allowSchema.parse([entry])).toEqual({ hosts: [{ name, ports }], private: [] });
    expect(allowHostsSchema.parse([entry])).toEqual([{ name, ports }]);
  });

  test.each([
    ["8.8.8.8:53", "8.8.8.8", 53],
    ["[2001:4860:4860::8888]:443", "2001:4860:4860::8888", 443],
  ])("%s lists a public address, be it of a network that the worker host is in", (entry, address, port) => {
    const host = { name: address, ports: [port] };
    expect(allowSchema.parse([entry])).toEqual({ hosts: [host], private: [{ address, port }] });
    expect(allowHostsSchema.parse([entry])).toEqual([host]);
  });

  test.each([
    ["10.0.0.7:11434", "10.0.0.7", 11_434],
    ["127.0.0.1:4010", "127.0.0.1", 4010],
    ["[fd00::0007]:11434", "fd00::7", 11_434],
    ["[fd00::9]:4010", "fd00::9", 4010],
    ["[::ffff:10.0.0.7]:80", "10.0.0.7", 80],
    ["100.64.0.9:443", "100.64.0.9", 443],
  ])("%s lists a private address, and lets it pass a rule that lists", (entry, address, port) => {
    expect(allowSchema.parse([entry])).toEqual({
      hosts: [{ name: address, ports: [port] }],
      private: [{ address, port }],
    });
    expect(problemOf(entry, allowHostsSchema)).toMatch(
      /^1: .* is not a public address\. Only the operator can list it/,
    );
  });

  test("npm lists all the hosts of the set", () => {
    expect(allowSchema.parse(["npm"])).toEqual({ hosts: hostsOf("npm"), private: [] });
    expect(hostsOf("npm").map(({ name }) => name)).toEqual(hostSets.npm);
    for (const { ports } of hostsOf("npm")) expect(ports).toEqual([80, 443]);
  });

  test.each([
    ["nmp", "Did you mean one of the sets: npm, pypi,"],
    ["constructor", "neither a set nor a host"],
    ["localhost:4010", "by address and port, as in 127.0.0.1:4010"],
    ["localhost", "by address and port, as in 127.0.0.1:4010"],
    ["https://example.com:8443/path", "is a URL. Write its host alone: example.com:8443"],
    ["https://", "is a URL. Write its host alone"],
    ["example.com/path", "has a path, and whole hosts are listed. Write the host alone: example.com"],
    ["10.0.0.0/8", "is a range of addresses. List each address alone, with its port"],
    ["fd00::/8", "is a range of addresses"],
    ["10.0.0.7", "with its port only. Write, for example, 10.0.0.7:11434"],
    ["fd00::7", "Write, for example, [fd00::7]:11434"],
    ["[fd00::7]", "Write, for example, [fd00::7]:11434"],
    ["8.8.8.8", "Write, for example, 8.8.8.8:443"],
    ["169.254.169.254:80", "metadata"],
    ["[fd00:ec2::254]:80", "metadata"],
    ["168.63.129.16:80", "metadata"],
    ["0.0.0.0:6379", "is an unspecified address, which no sandbox may reach. Remove it"],
    ["224.0.0.1:80", "is a multicast address, which no sandbox may reach"],
    ["169.254.1.1:80", "is a link-local address"],
    ["*", "as in *.example.com"],
    ["*.com", "Name at least two parts, as in *.example.com"],
    ["*.com.", "Name at least two parts"],
    ["*.*.com", "as in *.example.com"],
    ["a.*.com", "as in *.example.com"],
    ["*example.com", "as in *.example.com"],
    ["*.10.0.0.7:80", "is no host"],
    ["127.1:80", "is no host"],
    ["0x7f000001:80", "is no host"],
    ["example.com:", "a port is a number from 1 to 65535"],
    ["example.com:0", "a port is a number from 1 to 65535"],
    ["example.com:65536", "a port is a number from 1 to 65535"],
    ["example.com:http", "a port is a number from 1 to 65535"],
    ["example.com:-1", "a port is a number from 1 to 65535"],
    ["user@example.com", "is no host"],
    ["exa mple.com", "is no host"],
    ["", "is no host"],
  ])("%j is an error with its place and its next step", (entry, words) => {
    expect(problemOf(entry)).toMatch(/^1: /);
    expect(problemOf(entry)).toContain(words);
    expect(problemOf(entry, allowHostsSchema)).toContain(words);
  });
});

describe("the sets", () => {
  test("hold hosts in the form in which names are compared, each once", () => {
    for (const set of Object.keys(hostSets).filter(isHostSet)) {
      const patterns = hostsOf(set);
      expect(patterns.length).toBeGreaterThan(0);
      expect(new Set(patterns.map(({ name }) => name)).size, set).toBe(patterns.length);
      for (const pattern of patterns) expect(hostPatternSchema.safeParse(pattern).success, pattern.name).toBe(true);
    }
  });

  test("have names that can be taken for no host", () => {
    for (const set of Object.keys(hostSets)) {
      expect(set).not.toContain(".");
      expect(hostName(set)).toBe(set);
    }
  });
});

test("a list of more entries than anybody reads is refused, whoever wrote it", () => {
  const entries = (count: number) => Array.from({ length: count }, (_, index) => `host-${index}.example.com`);
  for (const schema of [allowSchema, allowHostsSchema]) {
    expect(schema.safeParse(entries(500)).success).toBe(true);
    expect(schema.safeParse(entries(501)).success).toBe(false);
  }
});

test.each([
  ["127.0.0.1:80", "is a port below 1024"],
  ["[::1]:4010", "List 127.0.0.1:4010"],
])("%s cannot be offered to a sandbox: %s", (entry, words) => {
  const parsed = allowSchema.safeParse([entry]);
  expect(parsed.success).toBe(false);
  expect(parsed.error?.issues[0]?.message).toContain(words);
});
