/** What people are shown of an agent's event outside of its host: the same that the progress comment tells, and nothing more. */
import type { RunEvent } from "../../../src/task/run-events.ts";
import type { AgentEvent } from "../../agents/event.ts";
import { usageLine } from "../../agents/transcript.ts";

/** `lastText`: what the agent said last; it is not said again as its final words. Undefined: nothing to show. */
export function shownEvent(event: AgentEvent, lastText: string): Pick<RunEvent, "kind" | "text" | "ok"> | undefined {
  switch (event.type) {
    case "text":
    case "log":
      return { kind: event.type, text: event.text.trimEnd() };
    case "tool":
      // Its beginning has been told, or its failure is.
      if (event.status === "ok") return undefined;
      return {
        kind: "tool",
        text: `${event.name} ${event.summary}`.trimEnd(),
        ...(event.status === "failed" && { ok: false }),
      };
    case "session":
      return { kind: "session", text: [event.sessionId, event.model].filter(Boolean).join(" · ") };
    case "usage":
      // Those of single steps are as many as the agent's turns, and their sum follows.
      return event.scope === "step" ? undefined : { kind: "usage", text: usageLine(event) };
    case "retry":
      return { kind: "retry", text: event.reason };
    case "error":
      return { kind: "error", text: `${event.reason}: ${event.message}` };
    case "final":
      return { kind: "final", ok: event.ok, text: event.text === lastText ? "" : (event.text ?? "") };
  }
}
