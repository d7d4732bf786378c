/** An answer to one command: a comment that exists exactly once per key, however often it is asked for. */
import { classify } from "../github.ts";
import { NoLongerTaken } from "../task/due-set.ts";
import type { Repository } from "../task/task-spec.ts";
import { makeMarker } from "./marker.ts";
import { findOrCreate } from "./own-comment.ts";
import { planSecondLook, type SecondLookDeps } from "./second-look.ts";

export type ReplyDeps = Omit<SecondLookDeps, "log"> & {
  /** HMAC key for markers. */
  secret: string;
  /** Somebody who died or froze may have been about to reply. */
  abandoned: boolean;
};

export type Reply = {
  installationId: number;
  repository: Repository;
  /** Issue or pull request. */
  number: number;
  /** The review comment in whose thread it is answered. */
  under?: number | undefined;
  /** What is answered, e.g. comment and line: the same key is the same reply. */
  key: string;
  body: string;
  /** When the command was given by GitHub's clock, Unix ms: the reply cannot be older. */
  since: number;
};

/**
 * Returns when the reply stands on GitHub. It is looked for before every creation, because replies are rare and the
 * caller may have died between a creation and writing it down. Throws what GitHub answers; a creation of which nobody heard
 * is looked for again later.
 */
export async function ensureReply(deps: ReplyDeps, reply: Reply): Promise<void> {
  const { installationId, repository, number, under, key, body, since } = reply;
  const marker = makeMarker(deps.secret, "reply", key);
  const own = { thread: { installationId, repository, number, ...(under !== undefined && { under }) }, marker, since };
  const lookLater = () => planSecondLook(deps, { kind: "reply", ...own });
  if (deps.abandoned) await lookLater();
  try {
    await findOrCreate(deps.github, own, body);
  } catch (error) {
    if (error instanceof NoLongerTaken || classify(error) === "unavailable") await lookLater();
    throw error;
  }
}
