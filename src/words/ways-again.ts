/** How somebody asks once more for a task that is over, by where they read that: by a comment on GitHub, or by a button of the dashboard. */
import { isWritten } from "../task/origin.ts";
import type { Quoting } from "../text/quote.ts";
import type { TaskView } from "../views/task-view.ts";
import { ASK_ANEW, askAgain, askAgainKnowing, retryOf } from "./origin-words.ts";

/** Each as it stands behind "then". */
export type Ways = {
  again: string;
  /** With what the agent should know besides. */
  knowing: string;
  /** Where the task itself cannot be asked for any more. */
  anew: string;
  /** Publishes finished work, without the agent. */
  publish: string;
  /** Something else than was asked for; behind a colon. */
  other: string;
};

export function byComment({ origin, id }: Pick<TaskView, "origin" | "id">, quoting: Quoting): Ways {
  return {
    again: askAgain(origin, id, quoting),
    knowing: askAgainKnowing(origin, id, quoting),
    anew: ASK_ANEW,
    publish: `comment ${retryOf(id)}`,
    other: "`/orch` and the request, in a new comment",
  };
}

const RETRY = "press Retry";

/** Where "Retry" stands beside it. What is no button there is said on GitHub. */
export function byButton({ origin }: Pick<TaskView, "origin">): Ways {
  const anew = `${ASK_ANEW} on GitHub`;
  return {
    again: RETRY,
    knowing: isWritten(origin)
      ? `${RETRY}, or ${anew} and say what the agent should know`
      : `say in a comment on GitHub what the agent should know, and ${RETRY}`,
    anew,
    publish: RETRY,
    other: "`/orch` and the request, in a new comment on GitHub",
  };
}
