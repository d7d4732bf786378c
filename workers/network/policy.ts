/**
 * What one sandbox may reach, as data: made from the settings by egress.ts, written to a file, and read by the process
 * that lets connections out. A target passes where every rule lets it pass and the address that its name leads to is
 * public, or listed under `private`; and never where it is under `never`.
 */
import { z } from "zod";
import { hostName } from "../../src/reach/host-name.ts";
import {
  type Egress,
  type Endpoint,
  egressSchema,
  endpointSchema,
  type HostPattern,
  hostPatternSchema,
} from "../../src/reach/reach.ts";

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

const whose = z.enum(["operator", "repository"]);

const ruleSchema: z.ZodType<Rule> = z.union([
  z.strictObject({ whose, egress: z.literal("open") }),
  z.strictObject({ whose, egress: z.literal("listed"), hosts: z.array(hostPatternSchema) }),
]);

export const policySchema: z.ZodType<Policy> = z.strictObject({
  egress: egressSchema,
  rules: z.array(ruleSchema).min(1),
  private: z.array(endpointSchema),
  never: z.array(endpointSchema),
  limits: z.strictObject({ connections: z.int().min(1), bytes: z.int().min(1) }),
});

/** `name` is what a program asked for, in whatever form: a name, or an address with or without brackets. */
export function isListed(hosts: readonly HostPattern[], name: string, port: number): boolean {
  const asked = hostName(name);
  return asked !== undefined && hosts.some((host) => host.ports.includes(port) && fits(host.name, asked));
}

function fits(pattern: string, name: string): boolean {
  return pattern.startsWith("*.") ? name.endsWith(pattern.slice(1)) : name === pattern;
}
