import { expect, test } from "vitest";
import { hostName } from "../../src/reach/host-name.ts";

test.each([
  ["example.com", "example.com"],
  ["EXAMPLE.Com.", "example.com"],
  ["münchen.example", "xn--mnchen-3ya.example"],
  ["XN--MNCHEN-3YA.example", "xn--mnchen-3ya.example"],
  ["_acme.my_host.example", "_acme.my_host.example"],
  ["r3---sn.example.com", "r3---sn.example.com"],
  ["models", "models"],
  ["10.0.0.7", "10.0.0.7"],
  ["[FD00::0007]", "fd00::7"],
  ["2001:DB8::1", "2001:db8::1"],
  ["[::ffff:127.0.0.1]", "127.0.0.1"],
])("the name %s is compared as %s", (text, name) => {
  expect(hostName(text)).toBe(name);
});

test.each([
  ...["", ".", "..", ".example.com", "example.com..", "a..b", "-a.com", "a-.com", "a b.com", "exa%6dple.com", "a/b"],
  ...[
    "user@example.com",
    "example.com:80",
    "example.com\n",
    "exa\u0000mple.com",
    "*.example.com",
    "[example.com]",
    "[]",
  ],
  ...[
    "127.1",
    "0x7f.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "１２７.0.0.1",
    "1.2.3.4.5",
    "example.123",
    "a。b",
    "0x",
    "a.0x7f",
  ],
  ...[`${"a".repeat(64)}.com`, `${"a.".repeat(127)}com`, "fe80::1%eth0", "exam\u00adple.com", "exam\u200bple.com"],
])("%j is no name of a host", (text) => {
  expect(hostName(text)).toBeUndefined();
});
