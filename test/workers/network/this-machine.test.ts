import type { NetworkInterfaceInfo } from "node:os";
import { expect, test } from "vitest";
import { withinNetworksOf } from "../../../workers/network/this-machine.ts";

const of = (address: string, bits: number, family: "IPv4" | "IPv6") =>
  ({ address, cidr: `${address}/${bits}`, family }) as NetworkInterfaceInfo;

test("what is in one of the machine's networks is no address of the internet, be it a public one", () => {
  const isOwn = withinNetworksOf({
    lo: [of("127.0.0.1", 8, "IPv4")],
    eth0: [of("203.0.113.7", 24, "IPv4"), of("2a00:1450:4001:1::7", 64, "IPv6"), of("fe80::1", 64, "IPv6")],
    wg0: [of("198.51.100.9", 32, "IPv4"), { ...of("2a00::9", 0, "IPv6"), cidr: null }],
  });
  for (const address of ["203.0.113.7", "203.0.113.1", "2a00:1450:4001:1::1", "198.51.100.9", "2a00::9"]) {
    expect([address, isOwn(address)]).toEqual([address, true]);
  }
  for (const address of ["203.0.112.1", "2a00:1450:4001:2::1", "198.51.100.8", "2a00::8", "8.8.8.8"]) {
    expect([address, isOwn(address)]).toEqual([address, false]);
  }
});
