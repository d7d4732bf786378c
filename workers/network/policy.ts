/**
 * What one sandbox may reach, as data: made from the settings by make-policy.ts, written to a file, and read by the process
 * that lets connections out. A target passes where every rule lets it pass and the address that its name leads to is
 * public, or listed under `private`; and never where it is under `never`. Nothing here makes schemas: that
 * process does without, and saves the memory.
 */
import { hostName } from "../../src/reach/host-name.ts";
import type { Egress, Endpoint, HostPattern } from "../../src/reach/reach-shape.ts";

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

/** `name` is what a program asked for, in whatever form: a name, or an address with or without brackets. */
export function isListed(hosts: readonly HostPattern[], name: string, port: number): boolean {
  const asked = hostName(name);
  return asked !== undefined && hosts.some((host) => host.ports.includes(port) && fits(host.name, asked));
}

function fits(pattern: string, name: string): boolean {
  return pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) : name === pattern;
}
