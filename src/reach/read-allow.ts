/**
 * An `allow` list, of the operator's file or a repository's, read into what it lets through. One entry is a set's name
 * (host-sets.ts), a host, a wildcard of hosts, or a single address with its port. Each mistake is told with its next step.
 */
import { z } from "zod";
import { canonical, mayBeListed, whyNotPublic } from "./address.ts";
import { hostAndPort } from "./host-and-port.ts";
import { hostName } from "./host-name.ts";
import { type HostSet, hostSets, isHostSet } from "./host-sets.ts";
import type { Egress, Endpoint, HostPattern } from "./reach-shape.ts";

/**
 * `private`: single addresses that pass though they are private, or of a network that the worker host is in. Each is among the
 * hosts too: a rule that lists is to let it pass.
 */
export type Allow = { hosts: HostPattern[]; private: Endpoint[] };

/** What one place in a file says about the network. */
export type Reach = { egress?: Egress | undefined; allow?: Allow | undefined };

/** An entry's meaning, or what is wrong with it. */
type Read = Allow | { problem: string };

const WEB_PORTS: readonly number[] = [80, 443];
const SETS = Object.keys(hostSets).join(", ");

const entry = z.string().max(300);

/** What an entry may be, for the descriptions of keys. */
export const HOST_ENTRIES = `a set (${SETS}), example.com (ports 80 and 443), example.com:8443, *.example.com (any name below it)`;

/** An operator's list. */
export const allowSchema = z.array(entry).max(500).transform(readAll(readEntry));

/** A repository's list: hosts only, for what is private is the operator's to give. */
export const allowHostsSchema = z
  .array(entry)
  .max(500)
  .transform(readAll(readPublicEntry))
  .transform(({ hosts }) => hosts);

export function hostsOf(set: HostSet): HostPattern[] {
  return hostSets[set].map((name) => ({ name, ports: [...WEB_PORTS] }));
}

function readAll(read: (text: string) => Read): (entries: string[], context: z.core.$RefinementCtx) => Allow {
  return (entries, context) => {
    const all: Allow = { hosts: [], private: [] };
    for (const [index, text] of entries.entries()) {
      const one = read(text);
      if ("problem" in one) context.addIssue({ code: "custom", path: [index], message: one.problem });
      else {
        all.hosts.push(...one.hosts);
        all.private.push(...one.private);
      }
    }
    return all;
  };
}

function readPublicEntry(text: string): Read {
  const read = readEntry(text);
  if ("problem" in read || !read.private.some(({ address }) => whyNotPublic(address))) return read;
  return {
    problem: `${shown(text)} is not a public address. Only the operator can list it, under allow in the worker host's file`,
  };
}

function readEntry(text: string): Read {
  if (isHostSet(text)) return { hosts: hostsOf(text), private: [] };
  const problem = problemOfForm(text);
  if (problem !== undefined) return { problem };
  const { host, port } = splitPort(text);
  if (port !== undefined && !(port >= 1 && port <= 65_535)) {
    return { problem: `${shown(text)}: a port is a number from 1 to 65535, as in example.com:8443` };
  }
  const address = canonical(withoutBrackets(host));
  if (address !== undefined) return readAddress(text, address, port);
  return host.includes("*") ? readWildcard(text, host, port) : readHost(text, host, port);
}

/** What is wrong with an entry at first sight: it is something longer than a host with a port. */
function problemOfForm(text: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    return `${shown(text)} is a URL. Write its host alone${hint(URL.parse(text)?.host)}`;
  }
  const [first = "", ...rest] = text.split("/");
  if (rest.length === 0) return undefined;
  if (canonical(withoutBrackets(first)) !== undefined) {
    return `${shown(text)} is a range of addresses. List each address alone, with its port, as in 10.0.0.7:11434`;
  }
  return `${shown(text)} has a path, and whole hosts are listed. Write the host alone${hint(first)}`;
}

/** `port` is NaN where something else stands in its place. A bare IPv6 address is all host. */
function splitPort(text: string): { host: string; port: number | undefined } {
  if (canonical(text) !== undefined) return { host: text, port: undefined };
  const [, host = text, port] = /^(.*?)(?::([^:\]]*))?$/s.exec(text) ?? [];
  return { host, port: port === undefined ? undefined : /^\d{1,5}$/.test(port) ? Number(port) : Number.NaN };
}

function readAddress(text: string, address: string, port: number | undefined): Read {
  const why = whyNotPublic(address);
  if (why !== undefined && !mayBeListed(address)) {
    return { problem: `${shown(text)} is ${why}, which no sandbox may reach. Remove it` };
  }
  if (port === undefined) {
    const example = hostAndPort(address, why === undefined ? 443 : 11_434);
    return {
      problem: `${shown(text)} is an address, which is listed with its port only. Write, for example, ${example}`,
    };
  }
  const unpassable = whyNotPassedOn(address, port);
  if (unpassable) return { problem: `${shown(text)} ${unpassable}` };
  return {
    hosts: [{ name: address, ports: [port] }],
    private: [{ address, port }],
  };
}

/** A listed address of the host's loopback is offered to the sandbox under the same address, by programs without rights. */
function whyNotPassedOn(address: string, port: number): string | undefined {
  if (address === "::1") return `is loopback by IPv6, which sandboxes do not offer. List 127.0.0.1:${port}`;
  if (!address.startsWith("127.") || port >= 1_024) return undefined;
  return "is a port below 1024, which no sandbox can offer on its loopback. Have the service listen on a higher one as well";
}

function readWildcard(text: string, host: string, port: number | undefined): Read {
  const below = host.startsWith("*.") ? host.slice(2) : undefined;
  if (below === undefined || below.includes("*")) {
    return { problem: `${shown(text)}: a * stands for all that comes before a name, as in *.example.com` };
  }
  const name = hostName(below);
  if (name === undefined || canonical(name) !== undefined) return noHost(text);
  if (!name.includes(".")) {
    return {
      problem: `${shown(text)} would be too much of the internet. Name at least two parts, as in *.example.com`,
    };
  }
  return hosts(`*.${name}`, port);
}

function readHost(text: string, host: string, port: number | undefined): Read {
  const name = hostName(host);
  if (name === undefined) return noHost(text);
  if (name === "localhost") {
    return { problem: `${shown(text)}: list this machine's own services by address and port, as in 127.0.0.1:4010` };
  }
  if (!name.includes(".") && port === undefined) {
    return {
      problem: `${shown(text)} is neither a set nor a host with a dot. Did you mean one of the sets: ${SETS}? Otherwise write the host's whole name`,
    };
  }
  return hosts(name, port);
}

function hosts(name: string, port: number | undefined): Allow {
  return { hosts: [{ name, ports: port === undefined ? [...WEB_PORTS] : [port] }], private: [] };
}

function noHost(text: string): Read {
  return {
    problem: `${shown(text)} is no host. Write a set's name (${SETS}), example.com, *.example.com or 10.0.0.7:11434`,
  };
}

const withoutBrackets = (host: string): string => /^\[(.*)\]$/s.exec(host)?.[1] ?? host;
const hint = (host: string | undefined): string => (host ? `: ${host.slice(0, 100)}` : "");
const shown = (text: string): string => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
