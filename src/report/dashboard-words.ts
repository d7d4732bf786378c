/** What GitHub is told of what somebody did at the dashboard and no task's own comment says, in one line where they would have commented. */
import type { Command } from "../command/command.ts";
import { code } from "../text/quote.ts";

const DEEDS: Partial<Record<Command["kind"], (task: string) => string>> = {
  tell: (task) => `said something to the agent of task ${task}`,
  answer: (task) => `answered the question of the agent of task ${task}`,
  approve: (task) => `approved the proposal of task ${task}`,
  plan: (task) => `asked for another proposal of task ${task}`,
};

/** `operator`: it was whoever operates this App. Undefined where its task says it by itself. */
export function doneAtDashboard(
  kind: Command["kind"],
  { login, operator, task }: { login: string; operator: boolean; task: string },
): string | undefined {
  const did = DEEDS[kind]?.(code(task));
  const who = operator ? `The operator of this App (${code(login, 60)})` : code(login, 60);
  return did && `${who} ${did} at the dashboard.`;
}
