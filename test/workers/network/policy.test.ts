import { describe, expect, test } from "vitest";
import { isListed } from "../../../workers/network/policy.ts";

const hosts = [
  { name: "example.com", ports: [80, 443] },
  { name: "*.example.org", ports: [443] },
  { name: "10.0.0.7", ports: [11_434] },
  { name: "fd00::7", ports: [80] },
];

describe("a target is listed", () => {
  test.each([
    ["example.com", 443],
    ["example.com", 80],
    ["EXAMPLE.com.", 443],
    ["a.example.org", 443],
    ["A.B.example.org", 443],
    ["10.0.0.7", 11_434],
    ["::ffff:10.0.0.7", 11_434],
    ["[FD00:0::7]", 80],
    ["fd00::7", 80],
  ])("as %s:%d", (name, port) => {
    expect(isListed(hosts, name, port)).toBe(true);
  });

  test.each([
    ["example.com", 8443],
    ["www.example.com", 443],
    ["example.com.evil.example", 443],
    ["evilexample.com", 443],
    ["example.org", 443],
    ["evilexample.org", 443],
    [".example.org", 443],
    ["a.example.org", 80],
    ["*.example.org", 443],
    ["example.com\0.evil.example", 443],
    ["example.com:443", 443],
    ["10.0.0.7", 80],
    ["10.0.0.8", 11_434],
    ["0x0a.7", 11_434],
    ["", 443],
  ])("not as %j:%d", (name, port) => {
    expect(isListed(hosts, name, port)).toBe(false);
  });

  test("nowhere when nothing is", () => {
    expect(isListed([], "example.com", 443)).toBe(false);
  });
});
