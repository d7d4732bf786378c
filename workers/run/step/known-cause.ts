/**
 * The trouble that an agent is in, as far as its output tells: what went wrong last and has not been followed by an answer. It
 * is what a person wants to hear when the program is stopped before it says how it went.
 */
import type { StopCause } from "../../../src/task/outcome.ts";
import { oneLine } from "../../../src/text/bound.ts";
import { lastMeaningfulLine, reasonOfText } from "../../agents/cause.ts";
import { type AgentEvent, isAnswer } from "../../agents/event.ts";
import { refined } from "../../agents/verdict.ts";

const MESSAGE_LENGTH = 500;

export type Trouble = { hear(event: AgentEvent): void; known(stderrTail: string): StopCause | undefined };

export function watchTrouble(): Trouble {
  let trouble: StopCause | undefined;
  return {
    hear(event) {
      if (isAnswer(event)) trouble = undefined;
      else if (event.type === "error")
        trouble = { reason: refined(event.reason, event.message), message: oneLine(event.message, MESSAGE_LENGTH) };
      else if (event.type === "retry") {
        const reason = reasonOfText(event.reason);
        if (reason) trouble = { reason, message: oneLine(event.reason, MESSAGE_LENGTH) };
      }
    },
    /** Programs that retry in silence tell it on their error output only; there only what names a cause counts. */
    known(stderrTail) {
      if (trouble) return trouble;
      const line = lastMeaningfulLine(stderrTail);
      const reason = reasonOfText(line);
      return reason && { reason, message: oneLine(line, MESSAGE_LENGTH) };
    },
  };
}
