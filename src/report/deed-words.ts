/**
 * What GitHub is told of what somebody did elsewhere, at the dashboard or at the command line, and no task's own comment says: in one line where
 * they would have commented.
 */
import type { Command } from "../command/command.ts";
import type { Via } from "../task/deeds.ts";
import { code } from "../text/quote.ts";

const DEEDS: Partial<Record<Command["kind"], (task: string) => string>> = {
  tell: (task) => `said something to the agent of task ${task}`,
  answer: (task) => `answered the question of the agent of task ${task}`,
  approve: (task) => `approved the proposal of task ${task}`,
  plan: (task) => `asked for another proposal of task ${task}`,
};

/** None where GitHub shows it already. */
const PLACES: Partial<Record<Via, string>> = { dashboard: "the dashboard", cli: "the command line" };

/** `operator`: it was whoever operates this App. */
export type DoneElsewhere = { login: string; operator: boolean; via: Via | undefined; task: string };

/** Undefined where its task says it by itself. */
export function doneElsewhere(
  kind: Command["kind"],
  { login, operator, via, task }: DoneElsewhere,
): string | undefined {
  const did = DEEDS[kind]?.(code(task));
  const place = via && PLACES[via];
  const who = operator ? `The operator of this App (${code(login, 60)})` : code(login, 60);
  return did && place && `${who} ${did} at ${place}.`;
}
