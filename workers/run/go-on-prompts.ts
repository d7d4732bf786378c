/**
 * What an agent is told when its run goes on after it was parked: it knows the rest from its session. Another thing to wait for has its
 * words here; what they say of the task is read off its record when the run is taken up.
 */
import type { Task } from "../../src/task/task.ts";
import { planTurn } from "../agents/prompt-plan.ts";
import { teamTurn } from "../agents/prompt-team.ts";
import { answersPrompt } from "./answers.ts";

export const GO_ON_WITH = ["limit", "answer", "approval", "team"] as const;
export type GoOnWith = (typeof GO_ON_WITH)[number];

/** Runs that an earlier version parked say nothing of why: it was a limit. */
export const AFTER_LIMIT = `The service of your model took no requests for a while, so you were stopped in the middle of your work. It takes
requests again. Your folder is as you left it. Go on with what you were asked to do, from where you were.
`;

type ToldAlready = { told: readonly string[] };

const prompts: Record<GoOnWith, (task: Task, already: ToldAlready) => string> = {
  limit: () => AFTER_LIMIT,
  approval: (task) => (task.spec.team ? teamTurn(task.proposal) : planTurn(task.proposal)),
  team: ({ proposal }) => teamTurn(proposal),
  answer: (task, { told }) => answersPrompt(task.questions ?? [], told),
};

/** `told`: ids of questions of which the agent knows already how they ended. */
export const goOnText = (goOnWith: GoOnWith, task: Task, already: ToldAlready): string =>
  prompts[goOnWith](task, already);
