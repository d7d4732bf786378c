/** What the agent of a run is told: at first with all that stands on GitHub, later what its check said. */

import type { Egress } from "../../src/reach/reach-shape.ts";
import type { ContextResponse } from "../../src/task/host-api.ts";
import type { Verification } from "../../src/task/task.ts";
import { commandLine } from "../../src/text/shell-words.ts";
import { type HandOver, renderPrompt } from "../agents/prompt.ts";
import type { Run } from "./run.ts";
import type { Prepared } from "./run-record.ts";

/** `before`: what the task goes on from. */
export type Known = { context: ContextResponse; egress?: Egress | undefined; before?: HandOver | undefined };

export function firstPrompt(run: Run, prepared: Prepared, { context, egress, before }: Known): string {
  const { spec } = run.task;
  return renderPrompt({
    ...basicsOf(run, prepared),
    title: context.title,
    body: context.body ?? "",
    bodyWithheld: context.bodyWithheld,
    comments: context.comments,
    reviews: context.reviews,
    threads: context.threads,
    failingChecks: context.failingChecks,
    kind: spec.target.kind,
    ...(egress && { egress }),
    ...(before && { before }),
  });
}

/** `failed`: the check that the agent's work has not passed, or only with hidden files. */
export function handBackPrompt(run: Run, prepared: Prepared, failed: Verification): string {
  const { rounds: round, ...rest } = failed;
  return renderPrompt({ ...basicsOf(run, prepared), handBack: { round, ...rest } });
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
    kind: spec.target.kind,
    number: spec.number,
    title: spec.title,
    body: "",
    comments: [],
    branch: prepared.branch,
    baseBranch: prepared.base,
    verify: prepared.verify && commandLine(prepared.verify),
  };
}
