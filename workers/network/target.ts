/**
 * Where a request to the proxy wants to go, read from what the client sent and brought into one form: every spelling of an
 * address (`127.1`, `0x7f000001`, `[::ffff:7f00:1]`, `2130706433`) becomes the address itself, so that it is judged as
 * what it is. The rules of the URL standard do that (https://url.spec.whatwg.org/#host-parsing).
 */
import { isIP } from "node:net";
import { hostAndPort } from "../../src/reach/host-and-port.ts";
import { hostName } from "../../src/reach/host-name.ts";

/** `host`: a name in lower-case ASCII without a trailing dot, or an address in its canonical form without brackets. */
export type Target = { host: string; port: number; isAddress: boolean };

/** What does not name a target at all; the message is for whoever sent it. */
export class BadTarget extends Error {
  override name = "BadTarget";
}

/** Longer than any host name with its port (253 characters by RFC 1035). */
const MAX_LENGTH = 300;

/** The target of `CONNECT host:port`. @throws {BadTarget} */
export function connectTarget(authority: string): Target {
  // A port is required; user info, paths and spaces have no place here, and a URL would swallow them.
  if (authority.length > MAX_LENGTH || !/^(\[[^\]@/\s]+\]|[^:@/?#\s\\]+):\d{1,5}$/.test(authority)) {
    throw new BadTarget("CONNECT needs a host and a port, e.g. example.com:443");
  }
  return targetOf(parse(`http://${authority}`), authority.slice(authority.lastIndexOf(":") + 1));
}

/** The target of a request with a whole URL, and what to ask there. @throws {BadTarget} */
export function urlTarget(url: string): { target: Target; path: string } {
  if (/^https:/i.test(url)) throw new BadTarget("https goes through this proxy by CONNECT only");
  if (!/^http:\/\//i.test(url)) {
    throw new BadTarget(
      "this is a proxy: send it whole URLs (http://…) or CONNECT; most programs do when http_proxy is set",
    );
  }
  const parsed = parse(url);
  return { target: targetOf(parsed, parsed.port || "80"), path: `${parsed.pathname}${parsed.search}` };
}

function parse(url: string): URL {
  const parsed = URL.parse(url);
  if (!parsed) throw new BadTarget("that names no host");
  return parsed;
}

/** What a URL's host may hold and no host's name does (quotes, brackets, labels of any length) never gets to a resolver. */
function targetOf({ hostname }: URL, port: string): Target {
  const bare = hostname.replace(/^\[|\]$/g, "");
  const isAddress = isIP(bare) !== 0;
  const host = isAddress ? bare : hostName(bare);
  const number = Number(port);
  if (host === undefined || number < 1) throw new BadTarget("that names no host and port");
  return { host, port: number, isAddress };
}

/** As people write it. */
export const written = ({ host, port }: Pick<Target, "host" | "port">): string => hostAndPort(host, port);
