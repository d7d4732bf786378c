/**
 * What the role of a run makes of it: what its agent is told, by the operator and by the repository, which model and MCP servers it uses, how long it
 * may take and how much it may use. A role narrows what any run may have, and never widens it.
 */
import { Refusal } from "../../src/refusal.ts";
import type { RepositoryFile } from "../../src/settings/repository-file.ts";
import { leastOf, type Resources } from "../../src/settings/resources.ts";
import { type Caps, narrower } from "../../src/task/envelope.ts";
import { roleNameOf } from "../../src/task/role-name.ts";
import { type Routing, routedModel } from "../../src/task/routing.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import type { AgentDefinition } from "../agents/adapter.ts";
import { withModel } from "../agents/model.ts";
import type { OperatorFile } from "../operator-file.ts";
import type { Limits } from "../operator-limits.ts";
import type { Role } from "../roles/role.ts";
import type { Run } from "./run.ts";

type Known = Pick<OperatorFile, "roles">;

/** Undefined of a task without a role, and of one whose role is not known here. */
function roleOf({ roles }: Known, spec: Pick<TaskSpec, "role" | "team">): Role | undefined {
  const name = roleNameOf(spec);
  return name === undefined ? undefined : roles.get(name);
}

/** What the agent is told of its role; undefined without one. @throws Refusal where the task cannot be worked on in it */
export function roleText(
  known: Known,
  spec: Pick<TaskSpec, "role" | "team">,
  { roles: chosen = {} }: Pick<RepositoryFile, "roles">,
): string | undefined {
  const unknown = [...Object.keys(chosen), roleNameOf(spec)].find(
    (name) => name !== undefined && !known.roles.has(name),
  );
  if (unknown !== undefined) throw new Refusal(noSuchRole(unknown, known, unknown in chosen));
  const role = roleOf(known, spec);
  if (!role) return undefined;
  const own = chosen[role.name];
  if (own?.off)
    throw new Refusal(`This repository has switched the role \`${role.name}\` off (\`roles\` in its file).`);
  return own?.prompt === undefined ? role.prompt : `${role.prompt}\n\nIn this repository:\n\n${own.prompt}`;
}

function noSuchRole(name: string, { roles }: Known, isOfFile: boolean): string {
  const who = isOfFile ? "The repository's file names" : "The task asks for";
  return `${who} the role \`${name}\`, which this worker host does not have. It has: ${[...roles.keys()].map((each) => `\`${each}\``).join(", ")}.`;
}

/**
 * The agent with the model that was asked for, or with which it was chosen by what came of earlier tasks, or else that of its role, which belongs to the agent that the operator has chosen for it; and
 * with the MCP servers of its role.
 */
export function withModelOfTask(
  operator: Pick<OperatorFile, "roles" | "defaultAgent">,
  { spec, routing }: { spec: Pick<TaskSpec, "role" | "team" | "model">; routing?: Routing | undefined },
  agent: AgentDefinition,
): AgentDefinition {
  const role = roleOf(operator, spec);
  const isItsAgent = (role?.agent ?? operator.defaultAgent) === agent.name;
  return withServers(
    withModel(agent, spec.model ?? routedModel(routing, agent.name) ?? (isItsAgent ? role?.model : undefined)),
    role,
  );
}

/** With no other MCP servers of its own than its role is given. */
function withServers(agent: AgentDefinition, role: Role | undefined): AgentDefinition {
  if (!agent.mcp || role?.mcp === undefined) return agent;
  const given = Object.entries(agent.mcp).filter(([name]) => role.mcp?.includes(name));
  return { ...agent, mcp: Object.fromEntries(given) };
}

export function limitsOf(
  { limits, roles }: Pick<OperatorFile, "limits" | "roles">,
  spec: Pick<TaskSpec, "role" | "team">,
): Limits {
  const { totalMinutes } = roleOf({ roles }, spec) ?? {};
  return totalMinutes === undefined ? limits : { ...limits, totalMinutes: Math.min(limits.totalMinutes, totalMinutes) };
}

/** What the programs of a run may use of the machine: the least of what operator, agent, role and repository say. */
export function resourcesOf(
  { limits, roles }: Pick<OperatorFile, "limits" | "roles">,
  spec: Pick<TaskSpec, "role" | "team">,
  agent: Pick<AgentDefinition, "limits">,
  repository: Resources | undefined,
): Resources {
  return leastOf(limits, agent.limits, roleOf({ roles }, spec)?.limits, repository);
}

/** The same of a run as far as it has come: before it is prepared neither its agent nor its repository has said anything. */
export function resourcesOfRun(
  operator: Pick<OperatorFile, "limits" | "roles" | "agents">,
  { task, folder }: Pick<Run, "task" | "folder">,
): Resources {
  const { agent = "", limits } = folder.record.prepared ?? {};
  return resourcesOf(operator, task.spec, operator.agents.get(agent) ?? {}, limits);
}

/** What the operator lets a run of it use, without the time that any run may have; undefined where nothing is limited. */
export function budgetOfRole(
  { budget, roles }: Pick<OperatorFile, "budget" | "roles">,
  spec: Pick<TaskSpec, "role" | "team">,
): Caps | undefined {
  const own = roleOf({ roles }, spec)?.budget;
  return own ? { ...budget, run: narrower(budget?.run, own) } : budget;
}
