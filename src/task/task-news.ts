/** All that may become known of a task. What it makes of the task, `next-state.ts` says. */
import type { Amounts } from "../text/budget.ts";
import type { Checkpoint } from "./checkpoint.ts";
import type { Lane } from "./lane.ts";
import type { CancelReason, Outcome } from "./outcome.ts";
import type { Progress } from "./progress.ts";
import type { Decision, Proposal } from "./proposal.ts";
import type { Answer, Question } from "./question.ts";
import type { HandedOn } from "./review.ts";
import type { Routing } from "./routing.ts";
import type { Phase, PullRequest, Pushed } from "./task.ts";
import type { Target, TaskSpec } from "./task-spec.ts";
import type { WaitingReason } from "./waiting.ts";

export type NewPlace = Partial<Pick<TaskSpec, "repository" | "installationId" | "movedTo">> & {
  /** How the default branch is called now. What runs has found it by its old name, and its pull request finds the new one. */
  defaultBranch?: string;
};

/** News about a task. `epoch` fences a run's own news, `version` what was judged; news without either may come from anybody at any time. */
export type TaskNews =
  /** What it waits for has changed. */
  | { name: "waits"; version: number; reasons: WaitingReason[]; at: number }
  /** It may start, by a job in this lane. `continues`: the task that it goes on from. Of a queued task: it has gone to another lane. */
  | {
      name: "ready";
      version: number;
      lane: Lane;
      continues?: string | undefined;
      routing?: Routing | undefined;
      at: number;
    }
  /** What it stood behind is over, and has opened the pull request on whose branch it goes on. */
  | { name: "onto"; version: number; target: Target; at: number }
  /** A host has taken the task, from this lane. `claim` names this hand-over, so that the same claim sent twice is one run. */
  | { name: "claimed"; host: string; claim: string; job: string; lane: Lane | undefined; at: number }
  /** `progress`: what is known by then, in the same write. */
  | { name: "phase"; epoch: number; phase: Phase; progress?: Progress; at: number }
  | { name: "progress"; epoch: number; progress: Progress; at: number }
  | { name: "pushed"; epoch: number; pushed: Pushed; progress?: Progress; at: number }
  /** The run's host says that it is over. */
  | { name: "ended"; epoch: number; outcome: Outcome; progress?: Progress; at: number }
  /** The run is over, and this is kept of it. */
  | { name: "left"; epoch: number; checkpoint: Checkpoint; at: number }
  /** The run is over without an end of its task, which waits until it goes on. `reasons`: at least one. */
  | {
      name: "parked";
      epoch: number;
      reasons: WaitingReason[];
      progress?: Progress;
      checkpoint?: Checkpoint | undefined;
      /** What its agent proposes; without one that of before stays. */
      proposal?: Proposal | undefined;
      at: number;
    }
  /** Its agent asks a person. */
  | { name: "asked"; epoch: number; question: Question; at: number }
  /** The manager has not answered it: a person is to. `question`: its id. */
  | { name: "referred"; question: string; at: number }
  | { name: "answered"; question: string; answer: Answer; at: number }
  /** Somebody has decided about what its agent proposes. `proposal`: its name. */
  | { name: "decided"; proposal: string; decision: Decision; at: number }
  /** Its plan may use more. `budget`: the whole plan, in the units of which it is more. */
  | { name: "raised"; budget: Amounts; at: number }
  /** The run's host could not keep the session after all: it has no home. */
  | { name: "not_kept"; epoch: number; at: number }
  /** The run's host died, perhaps because of this run, and came back to it. The agent may not have noticed. */
  | { name: "crashed"; epoch: number; at: number }
  /** A pull request for the task's branch is open, whoever opened it. */
  | { name: "pull_request"; pullRequest: PullRequest; at: number }
  | { name: "cancel"; reason: CancelReason; at: number }
  /** The review of a task that is over stands on GitHub. */
  | { name: "review_shown"; url: string; handedOn?: HandedOn | undefined; at: number }
  /** Its repository has another name or owner, or its issue is in another repository. */
  | { name: "moved"; place: NewPlace; at: number }
  /** The bot ends a task that no host works on: a deadline passed, or GitHub refuses. `version`: of the record that it judged. */
  | { name: "given_up"; version: number; outcome: Outcome; at: number };
