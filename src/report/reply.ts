/** An answer to one command: a comment that exists exactly once per key, however often it is asked for. */
import type { GitHub } from "../github.ts";
import type { Repository } from "../task/task.ts";
import { makeMarker } from "./marker.ts";
import { findOrCreate } from "./own-comment.ts";

export type ReplyDeps = { github: GitHub /** HMAC key for markers. */; secret: string };

export type Reply = {
  installationId: number;
  repository: Repository;
  /** Issue or pull request. */
  number: number;
  /** What is answered, e.g. comment and line: the same key is the same reply. */
  key: string;
  body: string;
  /** When the command was given by GitHub's clock, Unix ms: the reply cannot be older. */
  since: number;
};

/**
 * Returns when the reply stands on GitHub. It is looked for before every creation, because replies are rare and the
 * caller may have died between a creation and writing it down. Throws what GitHub answers.
 */
export async function ensureReply(deps: ReplyDeps, reply: Reply): Promise<void> {
  const marker = makeMarker(deps.secret, "reply", reply.key);
  await findOrCreate(deps.github, { thread: reply, marker, since: reply.since }, reply.body);
}
