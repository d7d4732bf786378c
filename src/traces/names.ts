/**
 * Every name in a trace, in one place: those of OpenTelemetry's conventions for CI/CD, messaging and GenAI, which still change, and ours where they have
 * none.
 */
import type { Phase } from "../task/task.ts";

/** Of the queue as whole; which of its lanes a task was in, says nobody. */
const QUEUE = "orch-queue";

export const SPANS = {
  task: "orch task",
  webhook: "POST webhook",
  intake: "intake",
  send: `${QUEUE} send`,
  process: `${QUEUE} process`,
  run: "run",
  report: "report",
} as const;

/** `working` is the agent's: its span has the agent's name. */
export const PHASE_SPANS: Record<Exclude<Phase, "working">, string> = {
  preparing: "prepare",
  verifying: "verify",
  publishing: "publish",
};

export const invokeAgent = (agent: string): string => `invoke_agent ${agent}`.trim();
export const executeTool = (tool: string): string => `execute_tool ${tool}`.trim();

export const ATTRIBUTES = {
  task: "orch.task",
  number: "orch.number",
  runEnd: "orch.run.end",
  cost: "orch.cost_usd",
  repository: "vcs.repository.name",
  result: "cicd.pipeline.result",
  run: "cicd.pipeline.run.id",
  worker: "cicd.worker.id",
  messagingSystem: "messaging.system",
  destination: "messaging.destination.name",
  messagingOperation: "messaging.operation.type",
  operation: "gen_ai.operation.name",
  agent: "gen_ai.agent.name",
  model: "gen_ai.request.model",
  conversation: "gen_ai.conversation.id",
  inputTokens: "gen_ai.usage.input_tokens",
  outputTokens: "gen_ai.usage.output_tokens",
  tool: "gen_ai.tool.name",
} as const;

/** Of a span on one side of the queue. */
export const onQueue = (operation: "send" | "process"): Record<string, string> => ({
  [ATTRIBUTES.messagingSystem]: "bullmq",
  [ATTRIBUTES.destination]: QUEUE,
  [ATTRIBUTES.messagingOperation]: operation,
});
