/**
 * The operator's file (`ORCH_CONFIG`, YAML): which agents exist on this host, how many run at once, how they are
 * confined, what they may reach and how long they may take. Strict: an unknown key is an error, because a mistyped limit
 * is no limit.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parse } from "yaml";
import { z } from "zod";
import { ConfigError } from "../src/config.ts";
import { type Egress, egressSchema } from "../src/reach/reach-shape.ts";
import { type Allow, allowSchema, HOST_ENTRIES, type Reach } from "../src/reach/read-allow.ts";
import { type Budgets, budgetSchema } from "../src/settings/budgets.ts";
import { type OnStop, onStopSchema } from "../src/settings/on-stop.ts";
import { inPlainWords } from "../src/settings/plain-words.ts";
import { type PlanLimits, planLimitsSchema } from "../src/settings/plan-limits.ts";
import { type OnNoAnswer, onNoAnswerSchema } from "../src/task/waiting.ts";
import type { AgentDefinition } from "./agents/adapter.ts";
import { agentDefinitions, agentsSchema } from "./agents/definitions.ts";
import { type Limits, limitsSchema } from "./operator-limits.ts";
import type { Roles } from "./roles/role.ts";
import { rolesOf, rolesSchema } from "./roles/roles-section.ts";

const reachOfStep = z
  .strictObject({
    egress: egressSchema.optional().describe("What it may reach, in place of the file's own egress."),
    allow: allowSchema.optional().describe("What it may reach beside the file's own allow; nothing of an agent's."),
  })
  .prefault({});

export const operatorFileSchema = z.strictObject({
  $schema: z.string().optional(),
  agents: agentsSchema,
  defaultAgent: z
    .string()
    .optional()
    .describe("Agent for repositories that do not choose one; needed with several agents."),
  roles: rolesSchema
    .prefault({})
    .describe(
      "How agents work in a role, by its name, and what they may do then. planner, manager, developer, backend, frontend, reviewer and tester are there without it.",
    ),
  slots: z
    .number()
    .int()
    .min(1)
    .max(200)
    .optional()
    .describe("Agents that may work at once; default: the number of cores."),
  sandbox: z
    .enum(["auto", "bwrap", "none"])
    .default("auto")
    .describe(
      "auto and bwrap refuse to start where the sandbox does not pass its self-test; none runs agents unconfined.",
    ),
  sandboxBaseUid: z
    .number()
    .int()
    .min(1_002)
    .max(2_000_000_000)
    .default(61_000)
    .describe("First user id for slots, where the host is started as root."),
  egress: egressSchema
    .default("open")
    .describe(
      "What agents, setup and verify commands may reach: open (any public host) or listed (only what is allowed).",
    ),
  allow: allowSchema
    .prefault([])
    .describe(
      `What all may reach. An entry is ${HOST_ENTRIES}, or an address with its port, which may be private: 10.0.0.7:11434.`,
    ),
  setup: reachOfStep.describe("What the repositories' setup commands may reach, where it is not what all may."),
  verify: reachOfStep.describe("What the repositories' verify commands may reach, where it is not what all may."),
  onStop: onStopSchema
    .default("publish")
    .describe(
      "What becomes of the changes of an agent that a limit stopped: publish (offered where the verify command passes) or keep.",
    ),
  onNoAnswer: onNoAnswerSchema
    .default("go_on")
    .describe(
      "What becomes of a task whose agent's question nobody has answered in time: go_on (it decides by itself) or end.",
    ),
  budget: budgetSchema
    .optional()
    .describe("How much may be used at most: $5, 500k tokens, 30min of an agent, 3runs. Left out: no limit."),
  team: z
    .strictObject({
      limits: planLimitsSchema.optional().describe("How large plans of teams may be, and how often they try."),
    })
    .optional(),
  limits: limitsSchema,
});

export type OperatorFile = {
  agents: ReadonlyMap<string, AgentDefinition>;
  defaultAgent: string;
  roles: Roles;
  slots: number;
  sandbox: "auto" | "bwrap" | "none";
  sandboxBaseUid: number;
  egress: Egress;
  allow: Allow;
  /** Of a repository's setup command alone, and of its verify command alone. */
  setup: Reach;
  verify: Reach;
  onStop: OnStop;
  onNoAnswer: OnNoAnswer;
  /** None: nothing is limited. */
  budget?: Budgets | undefined;
  /** None: plans of teams are bounded by the defaults. */
  team?: { limits?: PlanLimits | undefined } | undefined;
  limits: Limits;
};

/** Throws ConfigError with every problem at once. */
export function readOperatorFile(path: string | undefined): OperatorFile {
  if (!path) {
    throw new ConfigError([
      "ORCH_CONFIG is missing: it names the YAML file with your agents. orch.example.yml in Orch's folder is a start",
    ]);
  }
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new ConfigError([`ORCH_CONFIG: ${error instanceof Error ? error.message : String(error)}`]);
  }
  return parseOperatorFile(text, path);
}

export function parseOperatorFile(text: string, path: string): OperatorFile {
  const parsed = operatorFileSchema.safeParse(parseYaml(text, path), { error: inPlainWords });
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => `${path}: ${issue.path.join(".") || "file"}: ${issue.message}`),
    );
  }
  const { $schema, agents: agentsSection, defaultAgent: chosen, roles: rolesSection, ...rest } = parsed.data;
  const agents = agentDefinitions(agentsSection);
  const defaultAgent = chosen ?? (agents.size === 1 ? [...agents.keys()][0] : undefined);
  if (!defaultAgent || !agents.has(defaultAgent)) {
    const names = [...agents.keys()].join(", ") || "none";
    throw new ConfigError([`${path}: defaultAgent must be one of the agents defined (${names})`]);
  }
  const { roles, problems } = rolesOf(rolesSection, { agents, defaultAgent });
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => `${path}: ${problem}`));
  return { ...rest, agents, defaultAgent, roles, slots: rest.slots ?? availableParallelism() };
}

function parseYaml(text: string, path: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigError([`${path} is not valid YAML: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
