/**
 * The `roles` section of the operator's file. The shipped roles are there without it; it changes one of them key by key, switches one off,
 * or adds another. Strict, as all of that file.
 */
import { z } from "zod";
import { amounts } from "../../src/settings/budgets.ts";
import { resourcesSchema } from "../../src/settings/resources.ts";
import { roleName, rolePrompt, switchedOff } from "../../src/settings/roles.ts";
import type { AgentDefinition } from "../agents/adapter.ts";
import { takesModel } from "../agents/model.ts";
import type { Role, Roles } from "./role.ts";
import { SHIPPED } from "./shipped.ts";

const roleSchema = z.strictObject({
  prompt: rolePrompt
    .optional()
    .describe("How its agent is to work; in place of the shipped one. Needed for a new role."),
  agent: z.string().optional().describe("Name of one of the agents above; default: as for any task of the repository."),
  model: z.string().min(1).max(200).optional().describe("The model of that agent, or else of the default agent."),
  mcp: z
    .array(z.string().min(1).max(32))
    .max(20)
    .optional()
    .describe("Of its agent's MCP servers, by their names, those that it is given; []: none. Default: all of them."),
  rights: z
    .enum(["writes", "read-only"])
    .optional()
    .describe(
      "read-only: its sandbox shows the repository so that nothing can be changed. Default of a new role: writes.",
    ),
  delegates: z.boolean().optional().describe("It may hand work of a team's plan to others; only with read-only."),
  totalMinutes: z
    .number()
    .positive()
    .max(24 * 60)
    .optional()
    .describe("Longest time for all of its agent's work on one task, where that is less than limits.totalMinutes."),
  budget: amounts.optional().describe("What one run of it may use at most: $1, 500k tokens, 30min of an agent."),
  limits: resourcesSchema
    .optional()
    .describe("What a run of it may use of the machine, where that is less than limits."),
});

export const rolesSchema = z.record(roleName, z.union([switchedOff, roleSchema]));
type Written = z.output<typeof rolesSchema>;

/** Code relies on these never changing anything. */
const ONLY_READ: ReadonlySet<string> = new Set(SHIPPED.filter(({ writes }) => !writes).map(({ name }) => name));

export type Agents = { agents: ReadonlyMap<string, AgentDefinition>; defaultAgent: string };

/** All roles that there are here, and what is wrong with the section, each problem with the key. */
export function rolesOf(written: Written, known: Agents): { roles: Roles; problems: string[] } {
  const roles = new Map(SHIPPED.map((role) => [role.name, role]));
  const problems: string[] = [];
  for (const [name, said] of Object.entries(written)) {
    if (typeof said !== "object") {
      if (!roles.delete(name)) problems.push(`roles.${name}: there is no such role to switch off`);
      continue;
    }
    const role = merged(name, said, roles.get(name));
    problems.push(...problemsOf(role, said, known).map((problem) => `roles.${name}: ${problem}`));
    roles.set(name, role);
  }
  return { roles, problems };
}

function merged(name: string, { rights, ...said }: Exclude<Written[string], "off" | false>, shipped?: Role): Role {
  const { prompt = "", writes = true, delegates = false } = shipped ?? {};
  const given = Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
  return { ...shipped, name, prompt, delegates, ...given, writes: rights === undefined ? writes : rights === "writes" };
}

function problemsOf(role: Role, { model }: { model?: string | undefined }, { agents, defaultAgent }: Agents): string[] {
  const agent = agents.get(role.agent ?? defaultAgent);
  const problems: string[] = [];
  if (role.prompt === "") problems.push("a role of your own needs a prompt");
  if (!agent) problems.push(`agent must be one of the agents defined (${[...agents.keys()].join(", ")})`);
  if (agent && model !== undefined && !takesModel(agent.kind))
    problems.push(`the agent ${agent.name} cannot be told a model (it is of kind ${agent.kind})`);
  const unknown = (role.mcp ?? []).filter((name) => ![...agents.values()].some(({ mcp = {} }) => name in mcp));
  for (const name of unknown) problems.push(`no agent has an MCP server called ${name}`);
  if (role.writes && ONLY_READ.has(role.name)) problems.push("this role only reads: rights: writes is not possible");
  if (role.writes && role.delegates)
    problems.push("who delegates only reads: add rights: read-only, or remove delegates");
  return problems;
}
