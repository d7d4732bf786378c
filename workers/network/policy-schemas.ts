/** What a policy and its parts must look like where they are read from settings and records. */
import { z } from "zod";
import { canonical } from "./address.ts";
import { hostName } from "./host-name.ts";
import { EGRESS, type Endpoint, type HostPattern, type Policy, type Rule } from "./policy.ts";

export const egressSchema = z.enum(EGRESS);

const port = z.int().min(1).max(65_535);

export const hostPatternSchema: z.ZodType<HostPattern> = z.strictObject({
  name: z.string().refine((name) => hostName(withoutStar(name)) === withoutStar(name), "not a host's name"),
  ports: z.array(port),
});

const endpointSchema: z.ZodType<Endpoint> = z.strictObject({
  address: z.string().refine((address) => canonical(address) === address, "not a canonical IP address"),
  port,
});

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

function withoutStar(name: string): string {
  return name.startsWith("*.") ? name.slice(2) : name;
}
