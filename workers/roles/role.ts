/** A role: how somebody works who has it, which agent that is, and what it may do. The operator says so, the task names it. */
import type { Resources } from "../../src/settings/resources.ts";
import type { Amounts } from "../../src/text/budget.ts";

export type Role = {
  name: string;
  /** What its agent is told of how to work. */
  prompt: string;
  /** Name of the agent that the operator has chosen for it; none: as for any other task. */
  agent?: string | undefined;
  /** The model that this agent uses in this role. */
  model?: string | undefined;
  /** Names of the MCP servers of its agent that it is given; none said: all of them. */
  mcp?: readonly string[] | undefined;
  /** Whether it may change anything in the workspace. */
  writes: boolean;
  /** Whether it may hand work to others. Of a role that writes nobody may. */
  delegates: boolean;
  /** Longest time for all of its agent's work on one task, minutes, where that is less than the operator's limit. */
  totalMinutes?: number | undefined;
  /** What one run of it may use at most. */
  budget?: Amounts | undefined;
  /** What a run of it may use of the machine, where that is less than what any may. */
  limits?: Resources | undefined;
};

/** By name. */
export type Roles = ReadonlyMap<string, Role>;
