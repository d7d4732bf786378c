/**
 * What may be reached, as plain data: how much of the internet, which hosts by name, which addresses. Settings are read into
 * it, and the policy of a sandbox is made of it.
 */
import { z } from "zod";
import { hostName } from "./host-name.ts";

/** `open`: any public host. `listed`: only what is listed. */
export const egressSchema = z.enum(["open", "listed"]);
export type Egress = z.infer<typeof egressSchema>;

/** A name as hostName gives it, or `*.example.com`: any name below it, not itself. */
export type HostPattern = { name: string; ports: number[] };

/** `address` is canonical (address.ts), never a name. */
export type Endpoint = { address: string; port: number };

export const hostPatternSchema: z.ZodType<HostPattern> = z.strictObject({
  name: z.string().refine((name) => hostName(withoutStar(name)) === withoutStar(name), "not a host's name"),
  ports: z.array(z.int().min(1).max(65_535)),
});

function withoutStar(name: string): string {
  return name.startsWith("*.") ? name.slice(2) : name;
}
