/**
 * What a run has to show, folded from the events of all its steps: the last lines, the tokens, the cost. Bounded: it
 * goes into the task record and from there into the progress comment.
 */
import type { Progress } from "../../../src/task/task.ts";
import { keepEnd, keepStart } from "../../../src/text/bound.ts";
import type { AgentEvent } from "../../agents/event.ts";
import { type UsageTotals, usageMeter } from "../../agents/usage.ts";
import type { Resumed } from "../run-record.ts";

const MAX_LINES = 15;
const MAX_CHARACTERS = 4_000;
const MAX_SUMMARY = 4_000;

export type Spoken = {
  hear(event: AgentEvent): void;
  progress(): Progress;
  lastLines(): string;
  /** What the agent said of its work at the end of its last step that ended well. */
  summary(): string | undefined;
  /** A step begins: its program counts its usage from zero. */
  begin(): void;
  /** The agent goes on with a session of an earlier task, which is not to be counted again. */
  resume(session: Resumed): void;
  /** All that a session has used, in earlier tasks too; undefined while that is not known. */
  usedBy(sessionId: string): UsageTotals | undefined;
};

export function makeSpoken(): Spoken {
  const usage = usageMeter();
  let lines: string[] = [];
  let sessionId: string | undefined;
  let model: string | undefined;
  let summary: string | undefined;
  /** What it has said since it last did something. */
  let sinceTool = "";

  const say = (text: string) => {
    lines = [...lines, ...text.trimEnd().split("\n")].slice(-MAX_LINES);
  };
  const listen = (event: AgentEvent) => {
    if (event.type === "text") sinceTool = keepEnd(`${sinceTool}${event.text}\n`, 2 * MAX_SUMMARY);
    else if (event.type === "tool") sinceTool = "";
    else if (event.type === "final" && event.ok) {
      const said = (event.text || sinceTool).trim();
      if (said !== "") summary = keepStart(said, MAX_SUMMARY);
    }
  };
  const lastLines = () => keepEnd(lines.join("\n"), MAX_CHARACTERS);

  return {
    hear(event) {
      usage.add(event);
      listen(event);
      if (event.type === "text") say(event.text);
      else if (event.type === "tool" && event.status !== "ok") say(`▸ ${event.name} ${event.summary}`.trimEnd());
      else if (event.type === "error") say(`! ${event.message}`);
      else if (event.type === "retry") say(`… waits and tries again: ${event.reason}`);
      else if (event.type === "final" && event.text && !lastLines().endsWith(event.text.trim())) say(event.text);
      else if (event.type === "session") {
        sessionId = event.sessionId;
        model = event.model ?? model;
      }
    },
    lastLines,
    summary: () => summary,
    begin() {
      sinceTool = "";
      usage.begin();
    },
    resume({ sessionId: id, used }) {
      if (used) usage.knows(id, used);
    },
    usedBy: (id) => usage.usedBy(id),
    progress() {
      const { inputTokens, outputTokens, costUsd } = usage.totals();
      const told = inputTokens + outputTokens > 0;
      return {
        lastLines: lastLines(),
        summary,
        sessionId,
        model,
        inputTokens: told ? inputTokens : undefined,
        outputTokens: told ? outputTokens : undefined,
        costUsd,
      };
    },
  };
}
