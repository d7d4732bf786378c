/** Whether a task may start: what that depends on, and what may come of it. */
import type { Breaker } from "../task/breaker.ts";
import type { HostView } from "../task/hosts.ts";
import type { Lane } from "../task/lane.ts";
import type { Routing } from "../task/routing.ts";
import type { Task } from "../task/task.ts";
import type { WaitingReason } from "../task/waiting.ts";
import type { Funds, Unaffordable } from "./funds.ts";

/** What the decision depends on besides the task itself. */
export type World = {
  /** Unix ms. */
  now: number;
  hosts: readonly HostView[];
  /** Names of the agents that some host has offered within the last seven days. */
  offered: readonly string[];
  /** Accounts that refuse. */
  breakers: readonly Breaker[];
  /**
   * The tasks that were accepted before it and work, or worked, on its branch, oldest first. Of those that are not over
   * at least the last one, of those that are at least the last one that got as far as an agent.
   */
  before: readonly Task[];
  /** Ids of those before it that are not over, as far as anybody knows, and whose record is in doubt; at least the last one. */
  inDoubt: readonly string[];
  /** The task that it stands behind. */
  first?: Task | undefined;
  /** The task itself, once it is recorded. */
  task?: Task | undefined;
  /** The task that it does once more. */
  retried?: Task | undefined;
  /** Of a node: the try before this one. */
  lastTry?: Task | undefined;
  /** None where nothing is limited. */
  funds?: Funds | undefined;
  /** How an agent was chosen where nobody has named one; none where none is to be. */
  routing?: Routing | undefined;
};

export type Readiness =
  /**
   * `lane`: of the agent, or of the host that keeps the session which it goes on with. `probes`: only as the one task that tries
   * whether this account takes requests again.
   */
  | {
      kind: "ready";
      lane: Lane;
      continues: string | undefined;
      probes?: Breaker | undefined;
      routing?: Routing | undefined;
    }
  | { kind: "waits"; reasons: WaitingReason[] }
  /** `known`: the agents that there are. */
  | { kind: "refused"; agent: string; known: readonly string[] }
  | { kind: "unaffordable"; why: Unaffordable };
