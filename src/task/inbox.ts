/**
 * Where what is said to an agent waits: an inbox, each a stream of its own. A task has one. A node of a plan has one for all its tries, so
 * that what the agent of one has not heard is the next one's to hear; what was said within a plan stands in one *book*, that of
 * its team's task.
 */
import { keys } from "./keys.ts";
import type { TaskSpec } from "./task-spec.ts";

/** `book`: the task in whose messages it stands. `node`: of the plan of that task; none: the task itself. */
export type Inbox = { book: string; node?: string };

/** Whose run takes from it; none: from that of the task itself. */
export type Reader = { task: string; epoch: number; inbox?: Inbox };

type Spec = Pick<TaskSpec, "id" | "origin">;

export function inboxOf({ id, origin }: Spec): Inbox {
  return origin.kind === "node" ? { book: origin.plan, node: origin.node } : { book: id };
}

export const readerFor = (spec: Spec, epoch: number): Reader => ({ task: spec.id, epoch, inbox: inboxOf(spec) });

export const streamOf = ({ book, node }: Inbox): string =>
  node === undefined ? keys.messages(book) : keys.nodeMessages(book, node);
