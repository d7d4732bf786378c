/**
 * What may be reached, as plain data: how much of the internet, which hosts by name, which addresses. Settings are read into
 * it, and the policy of a sandbox is made of it.
 */
import { z } from "zod";
import { canonical } from "./address.ts";
import { hostName } from "./host-name.ts";

/** `open`: any public host. `listed`: only what is listed. */
export const egressSchema = z.enum(["open", "listed"]);
export type Egress = z.infer<typeof egressSchema>;

/** A name as hostName gives it, or `*.example.com`: any name below it, not itself. */
export type HostPattern = { name: string; ports: number[] };

/** `address` is canonical (address.ts), never a name. */
export type Endpoint = { address: string; port: number };

const port = z.int().min(1).max(65_535);

export const hostPatternSchema: z.ZodType<HostPattern> = z.strictObject({
  name: z.string().refine((name) => hostName(withoutStar(name)) === withoutStar(name), "not a host's name"),
  ports: z.array(port),
});

export const endpointSchema: z.ZodType<Endpoint> = z.strictObject({
  address: z.string().refine((address) => canonical(address) === address, "not a canonical IP address"),
  port,
});

function withoutStar(name: string): string {
  return name.startsWith("*.") ? name.slice(2) : name;
}
