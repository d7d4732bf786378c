/** What was said to a task's agent, or among the agents of its team, as people are shown it. Pure. Times are Unix ms. */
import type { DeadMessage, SentMessage } from "../task/message-book.ts";
import { MANAGER } from "../task/message-shape.ts";
import { isNodeOver, nodeOf, type Plan } from "../task/plan.ts";
import type { Task } from "../task/task.ts";
import { bare } from "../text/quote.ts";

export type MessageView = {
  id: string;
  /** A login behind an `@`, a node, or the manager. */
  from: string;
  /** A node, or the manager; none: the task's agent. */
  to?: string;
  kind: string;
  /** How it begins, on one line. */
  text: string;
  at: number;
  /** `unread`: nobody will read it any more, as whoever it was for is over. */
  state: "waiting" | "delivered" | "dead" | "unread";
  /** Since when it is no longer waiting. */
  since?: number;
  /** Why it could not be delivered. */
  reason?: string;
  inReplyTo?: string;
  /** It can be sent once more. */
  replayable?: true;
};

type Book = {
  sent: readonly SentMessage[];
  dead: readonly DeadMessage[];
  task?: Task | undefined;
  plan?: Plan | undefined;
};

/** `dead`: those of them that are buried still. `task`: in whose book they stand, `plan`: of its team. */
export function messageViews({ sent, dead, task, plan }: Book): MessageView[] {
  const buried = new Set(dead.flatMap(({ id, message }) => (message ? [id] : [])));
  const isOver = ({ to }: SentMessage): boolean => {
    const node = plan && to !== undefined ? nodeOf(plan, to) : undefined;
    return task?.state.name === "settled" || (node !== undefined && isNodeOver(node));
  };
  return sent.map((message) =>
    messageView(message, { isBuried: buried.has(message.id), without: isOver(message) ? "unread" : "waiting" }),
  );
}

/** `without`: what one is that nothing has become of. */
type Standing = { isBuried: boolean; without: "waiting" | "unread" };

function messageView(message: SentMessage, { isBuried, without }: Standing): MessageView {
  const { id, by, at, to, kind = "note", start = "", source, fate, fateAt, reason, inReplyTo } = message;
  return {
    id: bare(id, 200),
    from: bare(source === undefined || by.startsWith("@") ? by : `@${by}`, 100),
    ...(to !== undefined && { to: to === MANAGER ? to : bare(to, 60) }),
    ...{ kind: bare(kind, 20), text: bare(start, 200), at, state: fate ?? without },
    ...(fateAt !== undefined && { since: fateAt }),
    ...(reason !== undefined && { reason: bare(reason, 60) }),
    ...(inReplyTo !== undefined && { inReplyTo: bare(inReplyTo, 200) }),
    ...(isBuried && { replayable: true as const }),
  };
}
