/**
 * What was sent to GitHub and not answered may be carried out later: after its sender gave up, after it was sent again, after
 * something newer was written. So GitHub is looked at again when the latest of such changes must have landed, by somebody
 * who believes nothing of what is remembered. Two looks, and no more: what lands later than that, no client can wait for.
 */
import { z } from "zod";
import { type DueLoop, startDueLoop } from "../due-loop.ts";
import { fenced } from "../fence.ts";
import { classify, type GitHub, isFinal } from "../github.ts";
import type { Logger } from "../log.ts";
import type { Taken } from "../task/due-set.ts";
import type { TaskStore } from "../task/store.ts";
import { findOne } from "./own-comment.ts";

/** After the change was given up, ms. GitHub itself ends what takes longer than ten seconds. */
const LOOKS_MS = [20_000, 60_000];
/** Looks at the same thing within such a time are one, ms. */
const ROUND_MS = 5_000;
/** A look that GitHub does not let us have for so long is not had, ms. */
const GIVE_UP_AFTER_MS = 3_600_000;
const SWEEP_MS = 15_000;
const AT_ONCE = 4;

const repository = z.object({ id: z.number(), owner: z.string(), name: z.string() });
const thread = z.object({ installationId: z.number(), repository, number: z.number(), under: z.number().optional() });
const suspectShape = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("task"), id: z.string() }),
  z.object({ kind: z.literal("reply"), thread, marker: z.string(), since: z.number() }),
]);

/** A task with all that is shown of it, or a reply, which belongs to none. */
export type Suspect = z.output<typeof suspectShape>;

export type SecondLookDeps = {
  store: Pick<TaskStore, "secondLooks" | "doubt">;
  github: GitHub;
  /** Unix ms. */
  now: () => number;
  log: Logger;
};

/** Somebody looks at it, twice, also when we die. Throws what Redis throws. */
export async function planSecondLook({ store, now }: Pick<SecondLookDeps, "store" | "now">, suspect: Suspect) {
  for (const inMs of LOOKS_MS) {
    const at = Math.ceil((now() + inMs) / ROUND_MS) * ROUND_MS;
    await store.secondLooks.plan(`${at} ${JSON.stringify(suspectShape.parse(suspect))}`, at);
  }
}

export function startSecondLooks(deps: SecondLookDeps): DueLoop {
  const { store, now, log } = deps;
  const work = (taken: Taken) => lookAgain(deps, taken);
  const set = store.secondLooks;
  return startDueLoop({ name: "second looks", set, atOnce: AT_ONCE, sweepMs: SWEEP_MS, work, now, log });
}

async function lookAgain({ store, github, now, log }: SecondLookDeps, taken: Taken): Promise<void> {
  const [at = "", ...rest] = taken.member.split(" ");
  const suspect = suspectOf(rest.join(" "));
  const isTooLate = now() - Number(at) > GIVE_UP_AFTER_MS;
  if (!suspect || isTooLate) {
    log.error({ member: taken.member.slice(0, 500) }, "what may stand on GitHub twice was not looked at again");
    return void (await taken.done());
  }
  if (suspect.kind === "task") await store.doubt(suspect.id, taken, now());
  else await leaveOne(fenced(github, taken, { now, onUnanswered: async () => undefined }), suspect);
  await taken.done();
}

async function leaveOne(github: GitHub, own: Extract<Suspect, { kind: "reply" }>): Promise<void> {
  try {
    await findOne(github, own);
  } catch (error) {
    if (!isFinal(classify(error))) throw error;
  }
}

function suspectOf(text: string): Suspect | undefined {
  try {
    return suspectShape.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
