/**
 * What the machine knows that the proxy runs on: names to addresses, as it resolves them itself (getaddrinfo: /etc/hosts
 * and whatever nsswitch.conf says), so that a name means what it means to the operator; and which addresses are its own.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import { canonical } from "../../src/reach/address.ts";
import type { Machine } from "./judge.ts";

async function lookUp(name: string): Promise<string[]> {
  try {
    const found = await lookup(name, { all: true });
    return found.map(({ address }) => address);
  } catch (error) {
    throw new Error(inWords(error), { cause: error });
  }
}

function inWords(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOTFOUND") return "no name server knows it";
  return code === "EAI_AGAIN" ? "the name servers do not answer at the moment" : message;
}

type Interfaces = ReturnType<typeof networkInterfaces>;

/** Whether an address is within one of the networks that these interfaces are in. */
export function withinNetworksOf(interfaces: Interfaces): (address: string) => boolean {
  const networks = new BlockList();
  for (const { address, cidr, family } of Object.values(interfaces).flatMap((each) => each ?? [])) {
    const read = canonical(address.replace(/%.*$/, ""));
    const bits = Number(cidr?.split("/")[1]);
    const kind = family === "IPv6" ? "ipv6" : "ipv4";
    if (read && Number.isInteger(bits)) networks.addSubnet(read, bits, kind);
    else if (read) networks.addAddress(read, kind);
  }
  return (address) => networks.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** A machine seldom gets another address; asking the kernel for them takes a tenth of a millisecond. */
const OWN_FOR_MS = 5_000;
let own: { has: (address: string) => boolean; at: number } | undefined;

function isOwn(address: string): boolean {
  const now = performance.now();
  if (!own || now - own.at > OWN_FOR_MS) own = { has: withinNetworksOf(networkInterfaces()), at: now };
  return own.has(address);
}

export const thisMachine: Machine = { lookUp, isOwn };
