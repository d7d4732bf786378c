/**
 * What one sandbox may reach, as data: made from the settings by egress.ts, written to a file, and read by the process
 * that lets connections out. A target passes where every rule lets it pass and the address that its name leads to is
 * public, or listed under `private`; and never where it is under `never`. Its schemas stand in policy-schemas.ts: that
 * process does without them, and saves the memory of what makes schemas.
 */
import { hostName } from "./host-name.ts";

/** `open`: any public host. `listed`: only what is listed. */
export const EGRESS = ["open", "listed"] as const;
export type Egress = (typeof EGRESS)[number];

/** What one sandbox may reach; plain data, so that it can be written to a file. */
export type Policy = {
  /** How the strictest rule reads; said in receipts. */
  egress: Egress;
  /** Each must let a target pass: the operator's, then the repository's. */
  rules: Rule[];
  /** Single private addresses that the operator lists. */
  private: Endpoint[];
  /** The bot's and Redis', never reached, whatever is listed. */
  never: Endpoint[];
  /** Connections open at once; bytes in both directions together. */
  limits: { connections: number; bytes: number };
};

export type Rule =
  | { whose: "operator" | "repository"; egress: "open" }
  | { whose: "operator" | "repository"; egress: "listed"; hosts: HostPattern[] };

/** A name as hostName gives it, or `*.example.com`: any name below it, not itself. */
export type HostPattern = { name: string; ports: number[] };

/** `address` is canonical (address.ts), never a name. */
export type Endpoint = { address: string; port: number };

/** `name` is what a program asked for, in whatever form: a name, or an address with or without brackets. */
export function isListed(hosts: readonly HostPattern[], name: string, port: number): boolean {
  const asked = hostName(name);
  return asked !== undefined && hosts.some((host) => host.ports.includes(port) && fits(host.name, asked));
}

function fits(pattern: string, name: string): boolean {
  return pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) : name === pattern;
}
