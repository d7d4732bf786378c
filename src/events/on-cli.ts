/** Whoever operates Orch asks at its command line. Nobody is asked for a permission: they have the machine. */
import type { Command } from "../command/command.ts";
import { type Request, requestWhere } from "../intake/request.ts";
import type { TaskSpec } from "../task/task-spec.ts";

export type CliAsks = {
  /** Their name on that machine. */
  by: string;
  /** Tells this call from all others. */
  key: string;
  command: Command;
  /** Unix ms. */
  now: number;
};

/** A request where an earlier task stands. */
export const requestOfCli = (task: TaskSpec, { by, key, command, now }: CliAsks): Request =>
  requestWhere(task, { source: { kind: "cli", by, key }, delivery: `operator ${by}`, command, now });
