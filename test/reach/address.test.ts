import { isIPv4 } from "node:net";
import ipaddr from "ipaddr.js";
import { describe, expect, test } from "vitest";
import { canonical, mayBeListed, whyNotPublic } from "../../src/reach/address.ts";

/** IANA's registries of special-purpose addresses, IPv4 and IPv6, with multicast and the old site-local block. */
const SPECIAL: readonly [block: string, words: string][] = [
  ["0.0.0.0/8", "unspecified"],
  ["10.0.0.0/8", "private"],
  ["100.64.0.0/10", "CGNAT"],
  ["127.0.0.0/8", "loopback"],
  ["169.254.0.0/16", "link-local"],
  ["172.16.0.0/12", "private"],
  ["192.0.0.0/24", "reserved"],
  ["192.0.2.0/24", "reserved"],
  ["192.31.196.0/24", "AS112"],
  ["192.52.193.0/24", "AMT"],
  ["192.88.99.0/24", "reserved"],
  ["192.168.0.0/16", "private"],
  ["192.175.48.0/24", "AS112"],
  ["198.18.0.0/15", "reserved"],
  ["198.51.100.0/24", "reserved"],
  ["203.0.113.0/24", "reserved"],
  ["224.0.0.0/4", "multicast"],
  ["240.0.0.0/5", "reserved"],
  ["255.255.255.255/32", "broadcast"],
  ["::/128", "unspecified"],
  ["::1/128", "loopback"],
  ["::2/127", "reserved"], // the rest of ::/96, once "IPv4-compatible"
  ["::102:300/120", "reserved"],
  ["64:ff9b:1::/48", "reserved"],
  ["100::/64", "reserved"],
  ["100:0:0:1::/64", "reserved"],
  ["2001::/32", "Teredo"],
  ["2001:1::/32", "reserved"],
  ["2001:2::/48", "benchmarks"],
  ["2001:3::/32", "AMT"],
  ["2001:4:112::/48", "AS112"],
  ["2001:10::/28", "reserved"],
  ["2001:20::/28", "reserved"],
  ["2001:30::/28", "reserved"],
  ["2001:db8::/32", "reserved"],
  ["2002::/16", "6to4"],
  ["2620:4f:8000::/48", "AS112"],
  ["3fff::/20", "reserved"],
  ["4000::/3", "reserved"], // not given out
  ["5f00::/16", "reserved"],
  ["8000::/2", "reserved"],
  ["fc00::/7", "private"],
  ["fe80::/10", "link-local"],
  ["fec0::/10", "site-local"],
  ["ff00::/8", "multicast"],
];

/** First, middle and last address of a block. */
function samples(block: string): string[] {
  const [base, bits] = ipaddr.parseCIDR(block);
  /** The block's address whose other bits are set where `isSet` says so. */
  const within = (isSet: (bit: number) => boolean) => {
    const setIn = (byte: number) => (value: number, bit: number) =>
      byte * 8 + bit >= bits && isSet(byte * 8 + bit) ? value | (128 >> bit) : value;
    const bytes = base.toByteArray().map((value, byte) => [0, 1, 2, 3, 4, 5, 6, 7].reduce(setIn(byte), value));
    return ipaddr.fromByteArray(bytes).toString();
  };
  return [within(() => false), within((bit) => bit === bits), within(() => true)];
}

const METADATA = ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "192.0.0.192"];

describe("an address", () => {
  test.each(SPECIAL)("is not public within %s", (block, words) => {
    for (const address of samples(block)) {
      if (!METADATA.includes(address)) expect(whyNotPublic(address), address).toContain(words);
    }
  });

  test.each(SPECIAL.filter(([block]) => !block.includes(":")))(
    "of IPv4 within %s is judged alike inside of IPv6, mapped or behind NAT64",
    (block) => {
      for (const address of samples(block)) {
        expect(whyNotPublic(`::ffff:${address}`)).toBe(whyNotPublic(address));
        expect(whyNotPublic(`64:ff9b::${address}`)).toBe(whyNotPublic(address));
      }
    },
  );

  test.each([
    ...["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255"],
    ...["128.0.0.0", "169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255"],
    ...["192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "140.82.112.3", "168.63.129.15"],
    ...[
      "2000::",
      "2001:200::1",
      "2001:4860:4860::8888",
      "2003::1",
      "2606:4700:4700::1111",
      "3ffe:ffff::",
      "3fff:1000::1",
    ],
    ...["::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2a00:1450:4001::1"],
  ])("such as %s is public", (address) => {
    expect(whyNotPublic(address)).toBeUndefined();
    if (isIPv4(address)) expect(whyNotPublic(`::ffff:${address}`)).toBeUndefined();
  });

  test.each(METADATA)("where a cloud hands out credentials, %s, is neither public nor may it be listed", (address) => {
    const written = isIPv4(address)
      ? [address, `::ffff:${address}`, `64:ff9b::${address}`]
      : [address, "fd00:0ec2:0::254"];
    for (const each of written) {
      expect(whyNotPublic(each), each).toContain("it hands out this machine's credentials");
      expect(mayBeListed(each), each).toBe(false);
    }
  });

  test.each([
    ...["", "localhost", "example.com", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "1.2.3.4.5", "256.1.1.1"],
    ...["1.2.3.4:80", "[::1]", "fe80::1%eth0", "::1/128", " 8.8.8.8", "8.8.8.8\n", "１.1.1.1", ":::"],
  ])("is not %j, and what is none is never public", (text) => {
    expect(canonical(text)).toBeUndefined();
    expect(whyNotPublic(text)).toBe("not an IP address");
    expect(mayBeListed(text)).toBe(false);
  });

  test.each([
    ["10.0.0.7", "10.0.0.7"],
    ["2001:DB8:0:0::0001", "2001:db8::1"],
    ["FD00::7", "fd00::7"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["::ffff:127.0.0.1", "127.0.0.1"],
    ["::ffff:7f00:1", "127.0.0.1"],
    ["::127.0.0.1", "::7f00:1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
  ])("has one form: %s is %s", (written, form) => {
    expect(canonical(written)).toBe(form);
  });

  test("may be listed where machines of one's own stand, and nowhere else that is not public", () => {
    const own = ["127.0.0.1", "::1", "10.0.0.7", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::7"];
    const never = [
      "0.0.0.0",
      "::",
      "224.0.0.1",
      "255.255.255.255",
      "192.0.2.1",
      "2001:db8::1",
      "169.254.1.1",
      "fe80::1",
    ];
    expect(own.filter((address) => !mayBeListed(address))).toEqual([]);
    expect(never.filter(mayBeListed)).toEqual([]);
  });

  test("may not be listed within any special block but those in which machines of one's own stand", () => {
    const own = [
      "10.0.0.0/8",
      "100.64.0.0/10",
      "127.0.0.0/8",
      "172.16.0.0/12",
      "192.168.0.0/16",
      "::1/128",
      "fc00::/7",
    ];
    for (const [block] of SPECIAL.filter(([each]) => !own.includes(each))) {
      expect(samples(block).filter(mayBeListed), block).toEqual([]);
    }
  });
});
