/**
 * Who else could reach the Redis that holds the tasks. In a sandbox agents have a network of their own, without a way to it;
 * with `sandbox: none` they share that of their worker host, and of nothing else is spoken here.
 */
import { lookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import { networkInterfaces } from "node:os";

const SOCKET =
  "let Redis listen on a unix socket only (port 0, unixsocket /path/to/redis.sock, unixsocketperm 600; REDIS_URL=unix:///path/to/redis.sock)";

/**
 * Why no host without a sandbox may use the Redis at `url`; undefined when it may. On an address of this machine an agent
 * reaches it, and can take its port while it restarts: then it is told the password, too.
 */
export async function ownRedisProblem(url: string): Promise<string | undefined> {
  if (!isTcp(url) || !(isLoopback(url) || (await leadsHere(url)))) return undefined;
  return (
    "REDIS_URL is a port of this machine, and with `sandbox: none` agents share its network: one of them could change " +
    `every task, or take that port while Redis restarts. Either ${SOCKET}, or use a sandbox`
  );
}

/** A warning when agents without a sandbox could write to the Redis at `url`; undefined where a password or a socket keeps them out. */
export function openRedisWarning(url: string): string | undefined {
  if (!isTcp(url) || URL.parse(url)?.password) return undefined;
  return (
    "AGENTS CAN REACH THIS REDIS: REDIS_URL names it without a password, and with `sandbox: none` agents share the network " +
    "of their worker host. One of them could read and change every task. Use a sandbox, or set a password (requirepass in " +
    "redis.conf, REDIS_URL=redis://:PASSWORD@HOST:6379)."
  );
}

/** By a name that the machine's own files may give to it, or an address of one of its interfaces. */
async function leadsHere(url: string): Promise<boolean> {
  const host = URL.parse(url.replace(/^rediss?:/i, "http:"))?.hostname.replace(/^\[|\]$/g, "") ?? "";
  const found = await lookup(host, { all: true }).catch(() => []); // who cannot be found is not here
  const own = new Set(Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []));
  return found.some(
    ({ address, family }) => own.has(address) || loopback.check(address, family === 6 ? "ipv6" : "ipv4"),
  );
}

const isTcp = (url: string): boolean => /^rediss?:\/\//i.test(url);

/** 0.0.0.0 and :: lead there, too. */
const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8);
loopback.addSubnet("0.0.0.0", 8);
loopback.addAddress("::1", "ipv6");
loopback.addAddress("::", "ipv6");

/** Also what a URL may mean by it: no host at all, other spellings of numbers, an IPv4 address within an IPv6 one. */
function isLoopback(url: string): boolean {
  // Of http:// the host is read as the system reads it: 127.1 and 0x7f000001 are 127.0.0.1.
  const host = URL.parse(url.replace(/^rediss?:/i, "http:"))?.hostname.replace(/^\[|\]$|\.$/g, "");
  if (!host) return true;
  const version = isIP(host);
  if (version !== 0) return loopback.check(host, version === 6 ? "ipv6" : "ipv4");
  return /^(ip6-)?(localhost|loopback)(\.localdomain)?$|\.localhost$/.test(host);
}
