/**
 * Which IP addresses are public, so that a sandbox may reach them: those that the whole internet routes to one machine of
 * somebody else's. Every other one is said no to in words, unless the operator listed it. When in doubt, an address is not
 * public.
 */
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";

type Address = ReturnType<typeof ipaddr.parse>;

/** Where a cloud hands its machines their credentials. Two of them look public or lie among addresses that may be listed. */
const METADATA: ReadonlySet<string> = new Set([
  "169.254.169.254", // AWS, Google Cloud, Azure and many more
  "fd00:ec2::254", // AWS
  "100.100.100.200", // Alibaba Cloud
  "168.63.129.16", // Azure's wire server
  "192.0.0.192", // Oracle Cloud
]);

const METADATA_WORDS = "a cloud's metadata address (it hands out this machine's credentials)";

/** What ipaddr.js calls the blocks of IANA's registries of special addresses, in plain words. */
const WORDS: Readonly<Record<string, string>> = {
  unspecified: "an unspecified address",
  broadcast: "the broadcast address",
  multicast: "a multicast address",
  linkLocal: "a link-local address (cloud metadata lives there)",
  loopback: "a loopback address",
  carrierGradeNat: "a shared address (CGNAT)",
  private: "a private address",
  uniqueLocal: "a private address (unique local)",
  deprecatedSiteLocal: "a private address (site-local)",
  as112: "an address of the AS112 service",
  as112v6: "an address of the AS112 service",
  amt: "an address of multicast relays (AMT)",
  "6to4": "a 6to4 address",
  teredo: "a Teredo address",
  benchmarking: "an address for benchmarks",
};

/** What an operator may list all the same: ranges in which machines of one's own stand. */
const OWN: ReadonlySet<string> = new Set(["loopback", "private", "carrierGradeNat", "uniqueLocal"]);

const GLOBAL_IPV6 = ipaddr.IPv6.parse("2000::");
const NAT64 = ipaddr.IPv6.parse("64:ff9b::");

/**
 * The one form in which addresses are compared; undefined for what is no IP address. Only the forms that Node's sockets
 * take are read, not `127.1`, `0x7f000001` or one with a zone. An IPv4 address written as IPv6 (`::ffff:10.0.0.7`) is
 * the IPv4 address, for that is where a connection to it leads.
 */
export function canonical(address: string): string | undefined {
  return parsed(address)?.toString();
}

/** Why a sandbox may not reach an address unless it is listed; undefined where it is public. */
export function whyNotPublic(address: string): string | undefined {
  const read = parsed(address);
  if (!read) return "not an IP address";
  const judged = embedded(read);
  if (isMetadata(read)) return METADATA_WORDS;
  const range: string = judged.range();
  if (range !== "unicast") return WORDS[range] ?? "a reserved address";
  return judged.kind() === "ipv6" && !matches(judged, GLOBAL_IPV6, 3) ? "a reserved address" : undefined;
}

/** Whether an address may be listed: a public one or a machine of one's own, and nothing that hands out credentials. */
export function mayBeListed(address: string): boolean {
  const read = parsed(address);
  return read !== undefined && !isMetadata(read) && (OWN.has(read.range()) || whyNotPublic(address) === undefined);
}

/** Where a connection to a canonical address ends: behind a NAT64 gateway that is the IPv4 address in it. */
export function leadsTo(address: string): string {
  const read = parsed(address);
  return read ? embedded(read).toString() : address;
}

/** ipaddr.js takes `::1.2.3.4` for `::ffff:1.2.3.4`, which is another address; so it never sees that form. */
function parsed(address: string): Address | undefined {
  const version = isIP(address);
  if (version === 0 || address.includes("%")) return undefined;
  return ipaddr.process(version === 4 ? address : new URL(`http://[${address}]`).hostname.slice(1, -1));
}

/** The IPv4 address that a NAT64 gateway would connect to, or the address itself. */
function embedded(address: Address): Address {
  return matches(address, NAT64, 96) ? ipaddr.fromByteArray(address.toByteArray().slice(12)) : address;
}

function isMetadata(address: Address): boolean {
  return METADATA.has(embedded(address).toString());
}

function matches(address: Address, block: Address, bits: number): boolean {
  return address.kind() === block.kind() && address.match(block, bits);
}
