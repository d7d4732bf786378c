/**
 * `kind: jsonl`: a program that writes the common events itself, one JSON object a line (docs/agents.md). It must end
 * with exit code 0 and a `final` event that says ok; anything else is a failure. `ORCH_RESUME` names the session that it
 * is to go on with.
 */

import { oneLine } from "../../src/text/bound.ts";
import type { Adapter, AgentDefinition, Launch, LaunchRun, LineParser } from "./adapter.ts";
import { definedEnv } from "./environment.ts";
import { type AgentEvent, agentEventSchema, type ErrorEvent, logEvent } from "./event.ts";
import { jsonObject } from "./json-line.ts";
import { judgeByFinal } from "./verdict.ts";

const knownTypes = new Set<unknown>(agentEventSchema.options.map((option) => option.shape.type.value));

/** A type that we do not know is for somebody else; a known type with wrong fields is worth a log line. */
function parseLine(line: string): AgentEvent | undefined {
  const object = jsonObject(line);
  if (object === undefined) return logEvent(line);
  if (!knownTypes.has(object.type)) return undefined;
  const parsed = agentEventSchema.safeParse(object);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join("; ");
  return logEvent(`[an event of type ${object.type} was not understood: ${problems}]`);
}

/** What a program is told whose whole output was none of ours: it is another format, or nobody wrote the adapter's. */
function nothingUnderstood(lines: number, last: string): ErrorEvent {
  const what =
    lines === 1
      ? "Its one line of output is no event of the kind jsonl"
      : `None of its ${lines} lines of output is an event of the kind jsonl`;
  return {
    type: "error",
    reason: "config",
    message: `${what} (docs/agents.md), so Orch cannot tell how it went. The agent's definition needs another kind: plain fits any command. Its last line: ${oneLine(last, 400)}`,
  };
}

/** Other formats have errors of this form as well; only ours tells a reason with it. */
const isOurs = (event: AgentEvent, line: string): boolean =>
  event.type === "error" ? jsonObject(line)?.reason !== undefined : event.type !== "log";

function jsonlParser(): LineParser {
  let understood = false;
  let foreign = 0;
  let last = "";
  return {
    line(text) {
      const event = parseLine(text);
      const isError = event?.type === "error";
      if (event && isOurs(event, text)) understood = true;
      else if (text.trim() !== "") {
        if (!isError) foreign++;
        last = text;
      }
      return event ? [event] : [];
    },
    end: () => (understood || foreign === 0 ? [] : [nothingUnderstood(foreign, last)]),
  };
}

function launch(agent: AgentDefinition, run: LaunchRun): Launch {
  const env = { ...definedEnv(agent, run.env), ...(run.resume && { ORCH_RESUME: run.resume }) };
  return { command: [...agent.command], env, files: [] };
}

export const jsonl: Adapter = {
  kind: "jsonl",
  launch,
  parser: jsonlParser,
  judge: (evidence) => judgeByFinal(evidence),
  sessionPaths: ({ sessionPaths = [] }) => sessionPaths,
  sessionNeedsPath: false,
};
