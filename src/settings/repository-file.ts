/**
 * `.github/orch.yml` (or `.yaml`): what a repository may choose. It is read from the default branch only, so that a pull request
 * cannot change the rules it is judged by. A repository chooses among the operator's agents; it never defines one. It may
 * narrow what its work reaches; it never widens that. Where the file is wrong, line and key are named.
 */
import { z } from "zod";
import { egressSchema, type HostPattern } from "../reach/reach-shape.ts";
import { allowHostsSchema, HOST_ENTRIES } from "../reach/read-allow.ts";
import { Refusal } from "../refusal.ts";
import { type RepositoryBudgets, repositoryBudgetSchema } from "./budgets.ts";
import { commandSchema as command, wordsOf } from "./command.ts";
import { type OnStop, onStopSchema } from "./on-stop.ts";
import { inPlainWords } from "./plain-words.ts";
import type { PlanLimits } from "./plan-limits.ts";
import { type Resources, resourcesSchema } from "./resources.ts";
import { type RepositoryRoles, repositoryRolesSchema, rolesOfRepository } from "./roles.ts";
import { type RoutingWish, routingOf, routingSchema } from "./routing.ts";
import { schedulesOf, schedulesSchema, type WrittenSchedule } from "./schedules.ts";
import { type Server, serversOf, serversSchema } from "./servers.ts";
import { autoApprovalOf, type SmallPlan, teamSchema } from "./team.ts";
import { readYaml, sayProblems, type YamlFile } from "./yaml-file.ts";

/** It goes by one of these names. */
export const REPOSITORY_FILES = [".github/orch.yml", ".github/orch.yaml"] as const;
export const REPOSITORY_FILE_MAX_BYTES = 64 * 1024;

export const repositoryFileSchema = z
  .strictObject({
    agent: z.string().min(1).max(64).optional().describe("Name of one of the operator's agents."),
    setup: command
      .optional()
      .describe(
        "Command that makes the workspace ready before the agent starts, e.g. installs dependencies: a shell line, or a list of words.",
      ),
    verify: command
      .optional()
      .describe("Command that must succeed before work is published: a shell line, or a list of words."),
    servers: serversSchema
      .optional()
      .describe(
        "Programs that a team's planner may have run beside the agent of a node, by a name of your choosing (a-z, 0-9 and -).",
      ),
    onStop: onStopSchema
      .optional()
      .describe(
        "keep: the changes of an agent that a limit stopped are never offered. publish: they are where verify passes, unless the operator keeps them.",
      ),
    egress: egressSchema
      .optional()
      .describe(
        "listed: its work reaches only what is allowed here, and never more than the operator lets it. open: no wish.",
      ),
    allow: allowHostsSchema
      .optional()
      .describe(`What its work may reach where egress is listed. An entry is ${HOST_ENTRIES}.`),
    budget: repositoryBudgetSchema
      .optional()
      .describe(
        "What its tasks may use at most, where that is less than the operator lets them: $5, 500k, 30min, 3runs.",
      ),
    limits: resourcesSchema
      .optional()
      .describe(
        "What the programs of its runs may use of the machine, where that is less than the operator lets them: cpuPercent, memoryMegabytes, processes, openFiles, runDiskGigabytes.",
      ),
    roles: repositoryRolesSchema
      .optional()
      .describe(
        "What this repository makes of the operator's roles, by their names: another agent, more to tell them, or off.",
      ),
    team: teamSchema
      .optional()
      .describe(
        "Which plans of a team need no person's approval, without it every plan does; and how large they may be.",
      ),
    routing: routingSchema
      .optional()
      .describe("Whether an agent is chosen by what came of earlier tasks, where nobody has named one."),
    schedules: schedulesSchema
      .optional()
      .describe("What is asked for at which times, by a name of your choosing (a-z, 0-9 and -)."),
  })
  .refine(({ egress, allow }) => allow === undefined || egress === "listed", {
    path: ["allow"],
    error: "says what may be reached where nothing else may be. Add egress: listed, or remove it",
  });

/** `listed`: the hosts that its work may reach at most; where it is left out, the repository wishes nothing. JSON. */
export type RepositoryFile = {
  agent?: string;
  setup?: readonly string[];
  verify?: readonly string[];
  /** What may run beside the agents of a team's nodes. */
  servers?: Server[];
  onStop?: OnStop | undefined;
  listed?: HostPattern[];
  budget?: RepositoryBudgets | undefined;
  /** What its runs' programs may use of the machine at most. */
  limits?: Resources;
  roles?: RepositoryRoles;
  /** Which plans of a team need nobody's approval. */
  autoApproval?: SmallPlan;
  /** How large its plans may be. */
  planLimits?: PlanLimits;
  /** None: no agent is chosen by what came of earlier tasks. */
  routing?: RoutingWish;
  schedules?: WrittenSchedule[];
};

/** One of REPOSITORY_FILES, as it stands on the default branch. */
export type FoundFile = { path: string; text: string };

/** `found`: all there are. Throws Refusal with a sentence for the person when they are not usable. */
export function parseRepositoryFile(found: readonly FoundFile[]): RepositoryFile {
  const [file, other] = found;
  if (!file) return {};
  if (other) throw new Refusal(`There are both \`${file.path}\` and \`${other.path}\`: keep one and remove the other.`);
  const yaml = parseYaml(file);
  const parsed = repositoryFileSchema.safeParse(yaml.value ?? {}, { error: inPlainWords });
  if (!parsed.success) throw new Refusal(`\`${file.path}\` is not usable:\n${sayProblems(parsed.error.issues, yaml)}`);
  const {
    agent,
    setup,
    verify,
    servers,
    onStop,
    egress,
    allow = [],
    budget,
    limits,
    roles,
    team,
    routing,
    schedules,
  } = parsed.data;
  const autoApproval = team && autoApprovalOf(team);
  const wished = routing && routingOf(routing);
  return {
    agent,
    setup: wordsOf(setup),
    verify: wordsOf(verify),
    ...(servers && { servers: serversOf(servers) }),
    ...(onStop && { onStop }),
    ...(egress === "listed" && { listed: allow }),
    ...(budget && { budget }),
    ...(limits && { limits }),
    ...(roles && { roles: rolesOfRepository(roles) }),
    ...(autoApproval && { autoApproval }),
    ...(team?.limits && { planLimits: team.limits }),
    ...(wished && { routing: wished }),
    ...(schedules && { schedules: schedulesOf(schedules) }),
  };
}

function parseYaml({ path, text }: FoundFile): YamlFile {
  try {
    return readYaml(text);
  } catch (error) {
    throw new Refusal(`\`${path}\` is not valid YAML: ${error instanceof Error ? error.message : String(error)}`);
  }
}
