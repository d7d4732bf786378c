/**
 * The agent card: what A2A's clients are told of Orch before they ask. One skill for each agent, and for each role in a team, that a living
 * host offers.
 */
import { AgentCard, type AgentSkill } from "@a2a-js/sdk";
import { type HostView, takingWork } from "../src/task/hosts.ts";
import { VERSION } from "../src/task/version.ts";
import { bare } from "../src/text/quote.ts";

const VERSION_OF_A2A = "1.0";
export const JSONRPC = "JSONRPC";
export const ENDPOINT = "/a2a";

/** `url`: under which programs reach the listener. */
export function agentCard(url: string, hosts: readonly HostView[]): AgentCard {
  return {
    name: "Orch",
    description:
      'Makes a pull request of a request, with a coding agent on its operator\'s machines. Name the repository in the message\'s metadata: {"repository": "owner/name"}.',
    supportedInterfaces: [
      { url: `${url}${ENDPOINT}`, protocolBinding: JSONRPC, protocolVersion: VERSION_OF_A2A, tenant: "" },
    ],
    provider: undefined,
    version: VERSION,
    capabilities: { streaming: true, pushNotifications: true, extensions: [], extendedAgentCard: false },
    securitySchemes: { token: { scheme: { $case: "httpAuthSecurityScheme", value: TOKEN } } },
    securityRequirements: [{ schemes: { token: { list: [] } } }],
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain", "application/json"],
    skills: skillsOf(hosts),
    signatures: [],
  };
}

const TOKEN = {
  description: "A token of this Orch, which its operator makes: `orch a2a token add`.",
  scheme: "bearer",
  bearerFormat: "opaque",
};

/** As it is published: the SDK's own unions are none of anybody's business. */
export const publishedCard = (card: AgentCard): unknown => AgentCard.toJSON(card);

function skillsOf(hosts: readonly HostView[]): AgentSkill[] {
  const living = takingWork(hosts);
  const agents = namesOf(living.flatMap((host) => host.agents));
  const roles = namesOf(living.flatMap((host) => Object.keys(host.roles ?? {})));
  return [
    ...agents.map((agent) =>
      skill(
        `agent-${agent}`,
        `A pull request by ${agent}`,
        `Works on a request in a sandbox, runs the repository's check, and opens a draft pull request. Wanted by {"agent": "${agent}"} in the message's metadata.`,
        "add a test for sum",
      ),
    ),
    ...roles.map((role) =>
      skill(
        `role-${role}`,
        `A part in a team as ${role}`,
        'Works on a part of a plan, in a team of agents. A team is wanted by {"team": true} in the message\'s metadata; its planner chooses the roles.',
        "move the parser and its tests to ESM",
      ),
    ),
  ];
}

const namesOf = (names: readonly string[]): string[] => [...new Set(names)].sort().map((name) => bare(name, 40));

function skill(id: string, name: string, description: string, example: string): AgentSkill {
  const tags = ["coding", "github", "pull-request"];
  return {
    id,
    name,
    description,
    tags,
    examples: [example],
    inputModes: [],
    outputModes: [],
    securityRequirements: [],
  };
}
