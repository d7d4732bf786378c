/** The agent card: what A2A's clients are told of Orch before they ask. One skill for each agent that a living host offers. */
import { AgentCard, type AgentSkill } from "@a2a-js/sdk";
import { type HostView, takingWork } from "../src/task/heartbeat.ts";
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
  const agents = [...new Set(takingWork(hosts).flatMap((host) => host.agents))].sort();
  return agents.map((agent) => ({
    id: bare(agent, 40),
    name: `Pull request by ${bare(agent, 40)}`,
    description: `Works on a request in a sandbox, runs the repository's check, and opens a draft pull request. Name it as "agent" in the message's metadata.`,
    tags: ["coding", "github", "pull-request"],
    examples: ["add a test for sum"],
    inputModes: [],
    outputModes: [],
    securityRequirements: [],
  }));
}
