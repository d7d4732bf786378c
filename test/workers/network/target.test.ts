import { expect, test } from "vitest";
import { BadTarget, connectTarget, urlTarget, written } from "../../../workers/network/target.ts";

test.each([
  ["127.0.0.1:80", "127.0.0.1"],
  ["127.1:80", "127.0.0.1"],
  ["2130706433:80", "127.0.0.1"],
  ["0x7f000001:80", "127.0.0.1"],
  ["0177.0.0.1:80", "127.0.0.1"],
  ["127.0.0.1.:80", "127.0.0.1"],
  ["①②⑦.0.0.1:80", "127.0.0.1"],
  ["%31%32%37.0.0.1:80", "127.0.0.1"],
  ["[::1]:80", "::1"],
  ["[0:0:0:0:0:0:0:1]:80", "::1"],
  ["[::ffff:127.0.0.1]:80", "::ffff:7f00:1"],
  ["[0:0:0:0:0:ffff:7f00:1]:80", "::ffff:7f00:1"],
])("CONNECT %s is to the address %s, however it is spelled", (authority, host) => {
  expect(connectTarget(authority)).toEqual({ host, port: 80, isAddress: true });
});

test.each([
  ["Example.COM:443", "example.com"],
  ["example.com.:443", "example.com"],
  ["münchen.de:443", "xn--mnchen-3ya.de"],
  ["LOCALHOST.:443", "localhost"],
])("CONNECT %s is to the name %s", (authority, host) => {
  expect(connectTarget(authority)).toEqual({ host, port: 443, isAddress: false });
});

test.each([
  "",
  "example.com",
  "example.com:",
  "example.com:0",
  "example.com:65536",
  "example.com:443/path",
  "user@example.com:443",
  "example.com:443 ",
  "http://example.com:443",
  "[::1%25lo]:80",
  "[::1:80",
  "256.1.1.1:80",
  "1.2.3.4.5:80",
  "a\\b:80",
  `${"a".repeat(400)}:80`,
  `${"a".repeat(64)}.example:80`,
  'say"so".example:80',
  "back`tick.example:80",
  "{brace}.example:80",
  "a..b:80",
  "-a.example:80",
])("CONNECT %j names nothing", (authority) => {
  expect(() => connectTarget(authority)).toThrow(BadTarget);
});

test("a whole URL gives target and path; a password in it goes nowhere", () => {
  expect(urlTarget("http://me:secret@Example.com:8080/a/b?c=d#e")).toEqual({
    target: { host: "example.com", port: 8080, isAddress: false },
    path: "/a/b?c=d",
  });
  expect(urlTarget("HTTP://[::1]").target).toEqual({ host: "::1", port: 80, isAddress: true });
});

test("what is no whole http URL is told how to use a proxy", () => {
  expect(() => urlTarget("/path")).toThrow(/this is a proxy/);
  expect(() => urlTarget("https://example.com/")).toThrow(/by CONNECT only/);
  expect(() => urlTarget("ftp://example.com/")).toThrow(BadTarget);
  expect(() => urlTarget("http://")).toThrow(BadTarget);
});

test.each([
  "example.com/path:443",
  "example.com?query:443",
  "example.com#part:443",
  "exam\tple.com:443",
  "[me@example.com/]:443",
  "[me@example.com\\]:443",
  ".:443",
])("CONNECT %j, of which a URL would make a host, names nothing", (authority) => {
  expect(() => connectTarget(authority)).toThrow(BadTarget);
});

test("a URL whose host a browser would guess is no target", () => {
  expect(() => urlTarget("http:example.com/")).toThrow(/this is a proxy/);
  expect(() => urlTarget("http://example.com:65536/")).toThrow(BadTarget);
  expect(() => urlTarget("http://./")).toThrow(BadTarget);
});

test("a target is written as people write it, with brackets around IPv6", () => {
  expect(written(urlTarget("http://[::1]/").target)).toBe("[::1]:80");
  expect(written(urlTarget("http://example.com/").target)).toBe("example.com:80");
});
