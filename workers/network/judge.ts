/**
 * May this sandbox go there? A name is judged before it is looked up, so that no question to a name server carries data out
 * to an unlisted place; then every address that it has is judged, and only those that pass may be dialled. Nothing is
 * looked up again after that: a name that answers otherwise the second time (DNS rebinding) gains nothing.
 */
import { canonical, leadsTo, mayBeListed, whyNotPublic } from "../../src/reach/address.ts";
import type { Endpoint } from "../../src/reach/reach-shape.ts";
import { isListed, type Policy } from "./policy.ts";
import { type Target, written } from "./target.ts";

/** What the machine knows that the proxy runs on. */
export type Machine = {
  /** All addresses of a name, as the machine itself resolves it. Rejects when there are none. */
  lookUp: (name: string) => Promise<readonly string[]>;
  /**
   * Whether this address (canonical) is the machine's own or that of a neighbour in one of its networks, be it a public one:
   * what protects those from the internet does not protect them from us.
   */
  isOwn: (address: string) => boolean;
};

/** `why`: the end of the sentence "… is blocked: ". `lift`: who could allow it and how, as a sentence. */
export type Refusal = { why: string; lift: string };

export type Verdict =
  /** Canonical addresses, in the resolver's order. */
  | { kind: "pass"; addresses: readonly string[] }
  | ({ kind: "blocked" } & Refusal)
  /** The name has no address, or the resolver does not answer. */
  | { kind: "unknown"; message: string };

export async function judge(policy: Policy, target: Target, machine: Machine): Promise<Verdict> {
  if (target.isAddress) return judgeAddresses(policy, target, machine, [target.host]);
  const unlisted = whyUnlisted(policy, target);
  if (unlisted) return { kind: "blocked", ...unlisted };
  let addresses: readonly string[];
  try {
    addresses = await machine.lookUp(target.host);
  } catch (error) {
    return { kind: "unknown", message: error instanceof Error ? error.message : String(error) };
  }
  return judgeAddresses(policy, target, machine, addresses);
}

function judgeAddresses(policy: Policy, target: Target, machine: Machine, found: readonly string[]): Verdict {
  const addresses: string[] = [];
  let refusal: Refusal = { why: "its address cannot be read", lift: NOTHING };
  for (const address of found.flatMap((each) => canonical(each) ?? [])) {
    const reason = whyBlocked(policy, target, machine, address);
    if (reason) refusal = reason;
    else addresses.push(address);
  }
  return addresses.length > 0 ? { kind: "pass", addresses } : { kind: "blocked", ...refusal };
}

const NOTHING = "Nothing allows that.";
const byOperator = (entry: string) =>
  `Only the operator of this worker host can allow it, by ${entry} under \`allow\` in Orch's settings.`;

/** Undefined when this address may be dialled. */
function whyBlocked(policy: Policy, target: Target, { isOwn }: Machine, address: string): Refusal | undefined {
  const { port } = target;
  const end = leadsTo(address);
  if (holds(policy.never, { address: loopbackAsOne(end), port }))
    return { why: "it belongs to Orch itself", lift: NOTHING };
  const special = whyNotPublic(address) ?? (isOwn(end) ? "an address of the worker host's own networks" : undefined);
  // A name was held against the rules before it was looked up.
  if (special === undefined || holds(policy.private, { address, port }))
    return target.isAddress ? whyUnlisted(policy, target) : undefined;
  const shown = written({ host: address, port });
  const why = target.isAddress ? `it is ${special}` : `it leads to ${shown}, ${special}`;
  return { why, lift: mayBeListed(address) ? byOperator(`the entry \`${shown}\``) : NOTHING };
}

/** Whoever listens on all of loopback is reached by each of its addresses. */
const loopbackAsOne = (address: string) => (address.startsWith("127.") ? "127.0.0.1" : address);

function holds(endpoints: readonly Endpoint[], { address, port }: Endpoint): boolean {
  return endpoints.some((each) => each.address === address && each.port === port);
}

function whyUnlisted({ rules }: Policy, { host, port }: Target): Refusal | undefined {
  const rule = rules.find((each) => each.egress === "listed" && !isListed(each.hosts, host, port));
  if (!rule) return undefined;
  if (rule.whose === "operator")
    return { why: "it is not on the list of this worker host's operator", lift: byOperator("an entry") };
  const lift = "Only a change of .github/orch.yml on the default branch can allow it.";
  return { why: "the repository's .github/orch.yml does not list it", lift };
}
