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
import { cpuPercent, memoryMegabytes, openFiles, processes, runDiskGigabytes } from "../src/settings/resources.ts";
import { type OnNoAnswer, onNoAnswerSchema } from "../src/task/waiting.ts";
import type { AgentDefinition } from "./agents/adapter.ts";
import { agentDefinitions, agentsSchema } from "./agents/definitions.ts";
import type { Roles } from "./roles/role.ts";
import { rolesOf, rolesSchema } from "./roles/roles-section.ts";

const minutes = (byDefault: number, meaning: string) =>
  z
    .number()
    .positive()
    .max(24 * 60)
    .default(byDefault)
    .describe(`${meaning}, in minutes.`);

const limitsSchema = z
  .strictObject({
    preparingMinutes: minutes(20, "Longest time for fetching and checking out, GitHub's outages included"),
    firstOutputMinutes: minutes(5, "Longest time until the agent says anything at all, unless it is at work"),
    silenceMinutes: minutes(15, "Longest time without a word and without work from the agent"),
    totalMinutes: minutes(60, "Longest time for all of an agent's work on one task"),
    setupMinutes: minutes(15, "Longest time for a repository's setup command"),
    verifyMinutes: minutes(15, "Longest time for one run of the verify command"),
    publishingMinutes: minutes(15, "Longest time for checking the commits and pushing them"),
    verifyRounds: z
      .number()
      .int()
      .min(0)
      .max(10)
      .default(2)
      .describe("How often a failing check, or what stands in the way of publishing, is handed back to the agent."),
    changedFiles: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(3_000)
      .describe("How many files one change may add or change; those that it deletes do not count."),
    changedLines: z
      .number()
      .int()
      .min(1)
      .max(10_000_000)
      .default(200_000)
      .describe("How many lines one change may add; those that it deletes do not count."),
    changedFileMegabytes: z
      .number()
      .positive()
      .max(100)
      .default(10)
      .describe("By how much one file may grow, in megabytes; all of a change together by ten times as much."),
    checkpointMinutes: minutes(5, "How often what an agent has made so far is put aside while it works"),
    keepFailedDays: z
      .number()
      .min(0)
      .max(365)
      .default(3)
      .describe("How long what was not published of a task's work is kept; 0: not at all."),
    keepSessionDays: z
      .number()
      .min(0)
      .max(365)
      .default(7)
      .describe("How long an agent's session is kept for a later task to go on with; 0: not at all."),
    keepSetupDays: z
      .number()
      .min(0)
      .max(365)
      .default(7)
      .describe("How long what a setup command made is kept for the next place that needs the same; 0: not at all."),
    setupGigabytes: z
      .number()
      .min(0)
      .max(10_000)
      .default(10)
      .describe("What all that setup commands made may take on disk, in gigabytes; the longest unused goes first."),
    approvalDays: z
      .number()
      .positive()
      .max(90)
      .default(7)
      .describe("How long a task waits for a person to approve what its agent proposes, in days; then it ends."),
    answerHours: z
      .number()
      .positive()
      .max(30 * 24)
      .default(24)
      .describe("How long a task waits for the answer to a question of its agent, in hours; see onNoAnswer."),
    freeDiskGigabytes: z
      .number()
      .min(0.001)
      .max(10_000)
      .default(1)
      .describe("With less than this free on the disk of the data folder, in gigabytes, the host takes no task."),
    runDiskGigabytes: runDiskGigabytes.default(20),
    cpuPercent: cpuPercent.optional(),
    memoryMegabytes: memoryMegabytes.optional(),
    processes: processes.default(4_096),
    openFiles: openFiles.optional(),
    freeMemoryMegabytes: z
      .number()
      .int()
      .min(0)
      .max(100_000_000)
      .default(256)
      .describe("With less memory than this free on the machine, in megabytes, the host takes no task; 0: never mind."),
    busyPercent: z
      .number()
      .min(1)
      .max(100)
      .optional()
      .describe(
        "While the machine's processors are busier than this, in percent of all cores, the host takes no task.",
      ),
    connections: z
      .number()
      .int()
      .min(1)
      .max(4_096)
      .default(256)
      .describe("Connections to the outside that one sandbox may have open at once."),
    trafficGigabytes: z
      .number()
      .positive()
      .max(10_000)
      .default(20)
      .describe("What one step may send and receive together, in gigabytes."),
  })
  .prefault({});

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

export type Limits = z.output<typeof limitsSchema>;

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
