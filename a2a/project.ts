/** A task in A2A's words: pure. What stands in the record is mapped, never kept a second time. */
import { createHash } from "node:crypto";
import { type Artifact, type Message, type Part, Role, type Task, TaskState, type TaskStatus } from "@a2a-js/sdk";
import type { TaskAnswer } from "../src/api/task-answer.ts";

/** The agent asks, and the one who is meant is whoever asked for the task. */
export const isAsking = ({ over, questions }: TaskAnswer): boolean => !over && questions.some(({ open }) => open);

export function stateOf(task: TaskAnswer): TaskState {
  if (isAsking(task)) return TaskState.TASK_STATE_INPUT_REQUIRED;
  switch (task.state) {
    case "asked":
      return TaskState.TASK_STATE_SUBMITTED;
    case "refused":
      return TaskState.TASK_STATE_REJECTED;
    case "waiting":
      // Only a person can approve it, on GitHub.
      if (task.proposal !== undefined) return TaskState.TASK_STATE_AUTH_REQUIRED;
      return hasBegun(task) ? TaskState.TASK_STATE_WORKING : TaskState.TASK_STATE_SUBMITTED;
    case "queued":
      return hasBegun(task) ? TaskState.TASK_STATE_WORKING : TaskState.TASK_STATE_SUBMITTED;
    case "running":
      return TaskState.TASK_STATE_WORKING;
    case "settled":
      return endOf(task.outcome?.kind);
  }
}

const hasBegun = ({ use }: TaskAnswer): boolean => use !== undefined;

/** Every other end is a failure, whose kind stands in the metadata. */
function endOf(kind: string | undefined): TaskState {
  switch (kind) {
    case "pull_request":
    case "no_changes":
      return TaskState.TASK_STATE_COMPLETED;
    case "cancelled":
      return TaskState.TASK_STATE_CANCELED;
    case "refused":
      return TaskState.TASK_STATE_REJECTED;
    default:
      return TaskState.TASK_STATE_FAILED;
  }
}

/** The program's name for the conversation, or the issue, or the task itself. */
export const contextOf = ({ id, repository, issue }: TaskAnswer, given: string | undefined): string =>
  given ?? (issue === undefined ? id : `${repository}#${issue}`);

export function a2aTask(task: TaskAnswer, context: string | undefined): Task {
  const contextId = contextOf(task, context);
  return {
    id: task.id,
    contextId,
    status: statusOf(task, contextId),
    artifacts: artifactsOf(task),
    history: [],
    metadata: metadataOf(task),
  };
}

export function statusOf(task: TaskAnswer, contextId: string): TaskStatus {
  return { state: stateOf(task), message: messageOf(task, contextId), timestamp: task.since };
}

export function metadataOf({
  repository,
  issue,
  headline,
  phase,
  agent,
  outcome,
  messages,
  questions,
  plan,
}: TaskAnswer) {
  const asked = questions.filter(({ open }) => open);
  return {
    repository,
    headline,
    ...(issue !== undefined && { issue }),
    ...(phase !== undefined && { phase }),
    ...(agent !== undefined && { agent }),
    ...(outcome && { outcome: outcome.kind }),
    ...(plan !== undefined && { plan }),
    ...(messages.length > 0 && { messages }),
    ...(asked.length > 0 && { questions: asked }),
  };
}

function messageOf(task: TaskAnswer, contextId: string): Message | undefined {
  const text = wordsOf(task);
  if (text === "") return undefined;
  const messageId = createHash("sha256").update(`${task.id}|${text}`).digest("hex").slice(0, 32);
  return {
    ...{ messageId, contextId, taskId: task.id, role: Role.ROLE_AGENT, parts: [textPart(text)] },
    ...{ metadata: undefined, extensions: [], referenceTaskIds: [] },
  };
}

/** What the agent asks goes before what is said of it. */
function wordsOf(task: TaskAnswer): string {
  const asked = task.questions.filter(({ open }) => open);
  if (asked.length > 0)
    return asked
      .map(({ text, options = [] }) => [text, ...options.map((option, index) => `${index + 1}. ${option}`)].join("\n"))
      .join("\n\n");
  return [...task.says, ...(task.progress === undefined || task.over ? [] : [task.progress])].join("\n");
}

/** What there is of it by now; each stands alone, and comes once. */
export function artifactsOf({ pullRequest, summary, use, outcome, over }: TaskAnswer): Artifact[] {
  return [
    ...(pullRequest && over
      ? [artifact("pull_request", "The pull request", [dataPart(pullRequest), textPart(pullRequest.url)])]
      : []),
    ...(summary === undefined ? [] : [artifact("summary", "What its agent said at the end", [textPart(summary)])]),
    ...(over && use ? [artifact("receipt", "What it took", [dataPart({ use, outcome })])] : []),
  ];
}

function artifact(artifactId: string, name: string, parts: Part[]): Artifact {
  return { artifactId, name, description: "", parts, metadata: undefined, extensions: [] };
}

function textPart(value: string): Part {
  return { content: { $case: "text", value }, metadata: undefined, filename: "", mediaType: "text/plain" };
}

function dataPart(value: unknown): Part {
  return { content: { $case: "data", value }, metadata: undefined, filename: "", mediaType: "application/json" };
}
