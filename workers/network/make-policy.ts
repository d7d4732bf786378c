/**
 * What a step's sandbox may reach, from the settings: the operator's rule, which knows the agent's model, and where the
 * repository narrows it, the repository's rule as well.
 */

import { canonical, whyNotPublic } from "../../src/reach/address.ts";
import { hostAndPort } from "../../src/reach/host-and-port.ts";
import { hostName } from "../../src/reach/host-name.ts";
import type { Endpoint, HostPattern } from "../../src/reach/reach-shape.ts";
import { type Allow, hostsOf, type Reach } from "../../src/reach/read-allow.ts";
import type { RepositoryFile } from "../../src/settings/repository-file.ts";
import type { AgentDefinition } from "../agents/adapter.ts";
import { definedEnv } from "../agents/environment.ts";
import type { OperatorFile } from "../operator-file.ts";
import { modelSets } from "./model-sets.ts";
import { isListed, type Policy, type Rule } from "./policy.ts";

type Env = Readonly<Record<string, string | undefined>>;

export type Asked = {
  operator: Pick<OperatorFile, "egress" | "allow" | "setup" | "verify" | "limits">;
  agent: AgentDefinition;
  step: "setup" | "agent" | "verify";
  /** What the repository's file says, from the run's record. */
  repository: Pick<RepositoryFile, "listed">;
  /** The worker host's environment. */
  env: Env;
  /** Where the bot and Redis are reached. */
  never: readonly Endpoint[];
};

const GIGABYTE = 1_000_000_000;
const NOTHING: Allow = { hosts: [], private: [] };

export function policyFor(asked: Asked): Policy {
  const { operator, repository, never } = asked;
  const { egress = operator.egress, allow: own = NOTHING } = givenTo(asked);
  const rules = [
    ruleOf("operator", egress === "listed" ? [...operator.allow.hosts, ...own.hosts] : undefined),
    // A repository narrows what holds for all; what the operator gave this step alone, its model above all, it cannot take.
    ...(repository.listed ? [ruleOf("repository", [...repository.listed, ...own.hosts])] : []),
  ];
  return {
    egress: rules.some((rule) => rule.egress === "listed") ? "listed" : "open",
    rules,
    private: distinct([...operator.allow.private, ...own.private]),
    never: [...never],
    limits: {
      connections: operator.limits.connections,
      bytes: Math.ceil(operator.limits.trafficGigabytes * GIGABYTE),
    },
  };
}

function distinct(endpoints: readonly Endpoint[]): Endpoint[] {
  return [...new Map(endpoints.map((each) => [shown(each), each])).values()];
}

function ruleOf(whose: Rule["whose"], hosts: HostPattern[] | undefined): Rule {
  return hosts ? { whose, egress: "listed", hosts } : { whose, egress: "open" };
}

/** What the operator gave this step alone, beside what holds for all. */
function givenTo({ operator, agent, step, env }: Asked): Reach {
  if (step !== "agent") return operator[step];
  const { hosts, private: addresses } = agent.allow ?? NOTHING;
  return { egress: agent.egress, allow: { hosts: [...modelHosts(agent, env), ...hosts], private: addresses } };
}

/** Where the agent's model is: its kind's hosts, and each service that its environment names by a URL. */
function modelHosts(agent: AgentDefinition, env: Env): HostPattern[] {
  return [...modelSets[agent.kind].flatMap(hostsOf), ...baseUrls(agent, env).map(({ host }) => host)];
}

/** The services that an agent's environment names by a URL. */
function baseUrls(agent: AgentDefinition, env: Env): { variable: string; host: HostPattern }[] {
  return Object.entries(definedEnv(agent, env)).flatMap(([variable, value]) =>
    /_(BASE_URL|ENDPOINT|API_BASE)$/.test(variable) ? hostOfUrl(value).map((host) => ({ variable, host })) : [],
  );
}

/**
 * Why the agent's model is out of its reach, with the next step: its environment names a private address that is not listed,
 * or the proxy has blocked the model's host. Undefined when it is not.
 */
export function modelOutOfReach(
  { operator, agent, env }: Pick<Asked, "operator" | "agent" | "env">,
  blocked: readonly { host: string; port: number }[] = [],
): string | undefined {
  const listed = [...operator.allow.private, ...(agent.allow ?? NOTHING).private];
  for (const { variable, host } of baseUrls(agent, env)) {
    const address = host.name === "localhost" ? "127.0.0.1" : canonical(host.name);
    const [port = 0] = host.ports;
    const isListedHere = listed.some((each) => each.address === address && each.port === port);
    if (address === undefined || isListedHere || whyNotPublic(address) === undefined) continue;
    const entry = shown({ address, port });
    const list = `list it by allow: ["${entry}"] under the agent`;
    const where = host.name === "localhost" ? `, and name it 127.0.0.1 in ${variable}` : "";
    return `${variable} names ${hostAndPort(host.name, port)}, which no sandbox reaches unless it is listed; ${list}${where}`;
  }
  const models = modelHosts(agent, env);
  const place = blocked.find(({ host, port }) => isListed(models, host, port));
  return place && `its model at ${hostAndPort(place.host, place.port)} was blocked; see the receipt for the reason`;
}

function hostOfUrl(value: string): HostPattern[] {
  const url = URL.parse(value);
  if (!url || !["http:", "https:"].includes(url.protocol)) return [];
  const name = hostName(url.hostname);
  const port = url.port === "" ? (url.protocol === "https:" ? 443 : 80) : Number(url.port);
  return name === undefined ? [] : [{ name, ports: [port] }];
}

/** Entries of the operator's file that name the bot's or Redis' own address, each as a sentence with its next step. */
export function listedThoughNever(
  operator: Pick<OperatorFile, "agents" | "allow" | "setup" | "verify">,
  never: readonly Endpoint[],
): string[] {
  const lists: [key: string, allow: Allow | undefined][] = [
    ["allow", operator.allow],
    ["setup.allow", operator.setup.allow],
    ["verify.allow", operator.verify.allow],
    ...[...operator.agents].map(([name, agent]): [string, Allow | undefined] => [`agents.${name}.allow`, agent.allow]),
  ];
  return lists.flatMap(([key, allow = NOTHING]) =>
    never
      .filter(({ address, port }) => allow.hosts.some((host) => host.name === address && host.ports.includes(port)))
      .map(
        (endpoint) =>
          `${key} lists ${shown(endpoint)}, where Orch's own bot or Redis is reached: no sandbox ever reaches that. Remove the entry`,
      ),
  );
}

/** A warning where the operator's file narrows what nothing confines. */
export function narrowsInVain(
  operator: Pick<OperatorFile, "agents" | "egress" | "setup" | "verify" | "sandbox">,
): string | undefined {
  const { agents, egress, setup, verify, sandbox } = operator;
  const all = [egress, setup.egress, verify.egress, ...[...agents.values()].map((agent) => agent.egress)];
  if (sandbox !== "none" || !all.includes("listed")) return undefined;
  return "`egress: listed` has no effect with `sandbox: none`: agents and checks reach all that this machine does";
}

const shown = ({ address, port }: Endpoint): string => hostAndPort(address, port);
