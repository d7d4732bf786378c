/** What the agent of a run is told besides its task, where that is a review, or to mend what one has found. */
import { Refusal } from "../../src/refusal.ts";
import { progressOf } from "../../src/task/task.ts";
import { findingsText, reviewInstructions } from "../agents/prompt-review.ts";
import type { Run, Shared } from "./run.ts";

/** `base`: the branch that the changes are to be merged into. @throws Refusal where what was found is known no more */
export async function purposeOf({ store }: Pick<Shared, "store">, { task }: Pick<Run, "task">, base: string) {
  const { review, mends } = task.spec;
  if (review) return reviewInstructions(review, base);
  if (!mends) return undefined;
  const reviewed = await store.read(mends.review);
  const { review: found, finish, summary } = reviewed ? progressOf(reviewed) : {};
  if (!found) throw new Refusal("What the review had found is not known any more. Ask for another review.");
  return findingsText(found.findings, finish?.summary ?? summary);
}
