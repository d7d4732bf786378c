/** What was said to a task's agent, or among the agents of its team, as people are shown it. Pure. Times are Unix ms. */
import type { DeadMessage, SentMessage } from "../task/message-book.ts";
import { MANAGER } from "../task/message-shape.ts";
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
  state: "waiting" | "delivered" | "dead";
  /** Since when it is no longer waiting. */
  since?: number;
  /** Why it could not be delivered. */
  reason?: string;
  inReplyTo?: string;
  /** It can be sent once more. */
  replayable?: true;
};

/** `dead`: those of them that are buried still. */
export function messageViews(sent: readonly SentMessage[], dead: readonly DeadMessage[]): MessageView[] {
  const buried = new Set(dead.flatMap(({ id, message }) => (message ? [id] : [])));
  return sent.map((message) => messageView(message, buried.has(message.id)));
}

function messageView(message: SentMessage, isBuried: boolean): MessageView {
  const { id, by, at, to, kind = "note", start = "", source, fate, fateAt, reason, inReplyTo } = message;
  return {
    id: bare(id, 200),
    from: bare(source === undefined || by.startsWith("@") ? by : `@${by}`, 100),
    ...(to !== undefined && { to: to === MANAGER ? to : bare(to, 60) }),
    ...{ kind: bare(kind, 20), text: bare(start, 200), at, state: fate ?? "waiting" },
    ...(fateAt !== undefined && { since: fateAt }),
    ...(reason !== undefined && { reason: bare(reason, 60) }),
    ...(inReplyTo !== undefined && { inReplyTo: bare(inReplyTo, 200) }),
    ...(isBuried && { replayable: true as const }),
  };
}
