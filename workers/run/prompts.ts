/** What the agent of a run is told: at first with all that stands on GitHub, later what its check said. */

import type { Egress } from "../../src/reach/reach-shape.ts";
import { pullNumberOf } from "../../src/task/branch.ts";
import type { ContextResponse } from "../../src/task/host-api.ts";
import { isOwnPlace } from "../../src/task/own-place.ts";
import type { Verification } from "../../src/task/progress.ts";
import { commandLine } from "../../src/text/shell-words.ts";
import { renderPrompt } from "../agents/prompt.ts";
import type { HandOver, PromptInput } from "../agents/prompt-input.ts";
import type { Predecessor } from "../agents/prompt-predecessors.ts";
import type { Objection } from "../publish/objection.ts";
import { isReadOnly } from "./rights.ts";
import type { Run } from "./run.ts";
import type { Prepared } from "./run-record.ts";

/** `before`: what the task goes on from. `role`: what the agent is told of its role; `besides`: of what the run is for. `part`: of its part in the plan, as a node's. */
export type Known = {
  context: ContextResponse;
  egress?: Egress | undefined;
  before?: HandOver | undefined;
  role?: string | undefined;
  besides?: string | undefined;
  predecessors?: readonly Predecessor[] | undefined;
  part?: string | undefined;
};

export function firstPrompt(
  run: Run,
  prepared: Prepared,
  { context, egress, before, role, besides, predecessors = [], part }: Known,
): string {
  const { spec } = run.task;
  const { plan } = run.folder.record;
  return renderPrompt({
    ...(plan && { plan: plan.text }),
    ...(part !== undefined && { plan: part }),
    ...(role !== undefined && { role }),
    ...(besides !== undefined && { besides }),
    ...basicsOf(run, prepared),
    title: context.title,
    body: context.body ?? "",
    bodyWithheld: context.bodyWithheld,
    comments: context.comments,
    reviews: context.reviews,
    threads: context.threads,
    failingChecks: context.failingChecks,
    kind: pullNumberOf(spec) === spec.number ? ("pull" as const) : ("issue" as const),
    ...(egress && { egress }),
    ...(before && { before }),
    ...(predecessors.length > 0 && { predecessors }),
  });
}

/**
 * Why the agent works again: its work has not passed the check, or only with hidden files, or cannot be published as it is.
 * `mergedWith`: it fails together with what others of the team have done, which is this commit.
 */
export type HandBack = { round: number } & (
  | { failed: Verification; mergedWith?: string }
  | { objections: readonly Objection[] }
);

/** What an agent's later turn is about: its work comes back to it, or there is something else to tell it. */
export type Asked = HandBack | { prompt: string };

export function askedPrompt(run: Run, prepared: Prepared, asked: Asked): string {
  return "prompt" in asked ? asked.prompt : handBackPrompt(run, prepared, asked);
}

function handBackPrompt(run: Run, prepared: Prepared, handBack: HandBack): string {
  return renderPrompt({ ...basicsOf(run, prepared), handBack: inPrompt(handBack) });
}

function inPrompt(handBack: HandBack): PromptInput["handBack"] {
  const { round } = handBack;
  if ("objections" in handBack)
    return { round, inTheWay: handBack.objections.map(({ remedy, reason }) => remedy ?? reason) };
  const { mergedWith } = handBack;
  const { rounds: _, ...failed } = handBack.failed;
  return { round, ...failed, ...(mergedWith !== undefined && { mergedWith }) };
}

/** What every prompt of the run says. */
function basicsOf(run: Run, prepared: Prepared) {
  const { spec } = run.task;
  return {
    instruction: spec.instruction,
    details: spec.details,
    ...(spec.about && { about: spec.about }),
    ...(spec.actor && { actor: spec.actor.login }),
    repository: `${spec.repository.owner}/${spec.repository.name}`,
    kind: pullNumberOf(spec) === spec.number ? ("pull" as const) : ("issue" as const),
    ...(!isOwnPlace(spec.number) && { number: spec.number }),
    title: spec.title,
    body: "",
    comments: [],
    branch: prepared.branch,
    baseBranch: prepared.base,
    verify: prepared.verify && commandLine(prepared.verify),
    talks: run.talk.offered,
    ...(isReadOnly(run) && !run.folder.record.plan && { readOnly: true }),
  };
}
