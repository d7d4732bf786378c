/**
 * `kind: jsonl`: a program that writes the common events itself, one JSON object a line (docs/agents.md). It must end
 * with exit code 0 and a `final` event that says ok; anything else is a failure. `ORCH_RESUME` names the session that it
 * is to go on with.
 */
import type { Adapter, AgentDefinition, Launch, LaunchRun } from "./adapter.ts";
import { definedEnv } from "./environment.ts";
import { type AgentEvent, agentEventSchema, logEvent } from "./event.ts";
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

function launch(agent: AgentDefinition, run: LaunchRun): Launch {
  const env = { ...definedEnv(agent, run.env), ...(run.resume && { ORCH_RESUME: run.resume }) };
  return { command: [...agent.command], env, files: [] };
}

export const jsonl: Adapter = {
  kind: "jsonl",
  launch,
  parser: () => ({
    line(text) {
      const event = parseLine(text);
      return event ? [event] : [];
    },
    end: () => [],
  }),
  judge: (evidence) => judgeByFinal(evidence),
  sessionPaths: ({ sessionPaths = [] }) => sessionPaths,
  sessionNeedsPath: false,
};
