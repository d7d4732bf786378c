/** What a run's programs said and did, as lines of text. Every word in them is hostile: whoever shows them quotes them. Pure. */
import type { RunEvent } from "../task/run-events.ts";

/** One event may be several lines. */
export function logLines({ kind, text, ok, count }: RunEvent): string[] {
  switch (kind) {
    case "text":
    case "log":
      return text.split("\n");
    case "tool":
      return [`${ok === false ? "✗" : "›"} ${text}`];
    case "error":
      return [`error: ${text}`];
    case "retry":
      return [`tries again: ${text}`];
    case "blocked":
      return [`blocked: ${text}`];
    case "final":
      return [`${ok === false ? "failed" : "ended"}: ${text}`];
    case "left_out":
      return [`[… ${count ?? 0} more left out]`];
    case "session":
    case "usage":
      return [];
  }
}
