/**
 * A2A 1.0 over the tasks that there are: no state of its own but where programs want to be told. So nothing is forgotten when a bot restarts,
 * a repeated message finds its task, and whoever subscribes again hears how it goes on.
 */
import type { AgentCard, StreamResponse, Task, TaskPushNotificationConfig } from "@a2a-js/sdk";
import {
  ExtendedAgentCardNotConfiguredError,
  RequestMalformedError,
  TaskNotCancelableError,
  UnsupportedOperationError,
} from "@a2a-js/sdk/errors";
import type { A2ARequestHandler, ServerCallContext } from "@a2a-js/sdk/server";
import type { Carried, Desk } from "../src/api/desk.ts";
import type { TaskAnswer } from "../src/api/task-answer.ts";
import type { Caller } from "../src/api/tokens.ts";
import type { Logger } from "../src/log.ts";
import { inWords } from "./errors.ts";
import type { Hooks } from "./hooks.ts";
import { listTasks } from "./list-tasks.ts";
import { a2aTask, artifactsOf, contextOf, isAsking, metadataOf, statusOf } from "./project.ts";
import { readMessage, type Said, wishIn } from "./read-message.ts";

/** What the door knows of a call. */
export type Program = { caller: Caller; signal: AbortSignal };
export const PROGRAM = "orch program";

export type HandlerDeps = { desk: Desk; hooks: Hooks; card: () => Promise<AgentCard>; log: Logger };

/** A call that waits for the end of a task waits no longer, ms. */
const WAIT_MS = 30 * 60_000;
/** So long a cancelled task is waited for, ms: its agent has to be stopped. */
const CANCELLED_WITHIN_MS = 10_000;

const programOf = (context: ServerCallContext): Program => context.state.get(PROGRAM) as Program;
const stops = (task: TaskAnswer): boolean => task.over || isAsking(task);

export function makeHandler({ desk, hooks, card, log }: HandlerDeps): A2ARequestHandler {
  /** The task that the message is for: a new one, or one that is told or answered by it. */
  async function take(said: Said, { caller, signal }: Program): Promise<string> {
    const { message, key } = said;
    if (message.taskId === "") {
      const context = message.contextId === "" ? undefined : message.contextId;
      return (await desk.ask(caller, wishIn(said), { key, context })).id;
    }
    const id = message.taskId;
    const before = await desk.replyTo(caller, id, key);
    const reply = before ?? (await pass(said, { caller, signal }));
    if (reply && !reply.done) throw new UnsupportedOperationError(reply.say ?? "It was refused.");
    return id;
  }

  async function pass({ message, text, key }: Said, { caller, signal }: Program): Promise<Carried> {
    const id = message.taskId;
    const task = await desk.look(caller, id);
    if (task.over) throw new UnsupportedOperationError("The task is over: ask for a new one, in the same context.");
    const [question] = task.questions.filter(({ open }) => open);
    if (!question) return await desk.followUp(caller, id, { kind: "tell", text }, { key, signal });
    return await desk.followUp(caller, id, { kind: "answer", question: question.id, text }, { key, signal });
  }

  async function shown(caller: Caller, id: string, task?: TaskAnswer): Promise<Task> {
    const [answer, { context }] = await Promise.all([task ?? desk.look(caller, id), desk.own(caller, id)]);
    return a2aTask(answer, context);
  }

  /** The task as it is, then each change of it. */
  async function* changes(
    { caller, signal }: Program,
    id: string,
    isEnd: (task: TaskAnswer) => boolean,
  ): AsyncGenerator<StreamResponse, void, undefined> {
    const { context } = await desk.own(caller, id);
    let before: { status: string; artifacts: readonly string[] } | undefined;
    for await (const task of desk.follow(caller, id, signal)) {
      const contextId = contextOf(task, context);
      const status = statusOf(task, contextId);
      const metadata = metadataOf(task);
      const artifacts = artifactsOf(task);
      const now = {
        status: JSON.stringify([status, metadata]),
        artifacts: artifacts.map(({ artifactId }) => artifactId),
      };
      if (!before) yield { payload: { $case: "task", value: a2aTask(task, context) } };
      else {
        for (const artifact of artifacts.filter(({ artifactId }) => !before?.artifacts.includes(artifactId))) {
          const value = { taskId: id, contextId, artifact, append: false, lastChunk: true, metadata: undefined };
          yield { payload: { $case: "artifactUpdate", value } };
        }
        if (now.status !== before.status)
          yield { payload: { $case: "statusUpdate", value: { taskId: id, contextId, status, metadata } } };
      }
      before = now;
      if (isEnd(task)) return;
    }
  }

  const wantHook = async (caller: Caller, id: string, hook: TaskPushNotificationConfig | undefined) =>
    hook && (await hooks.add(caller, { ...hook, taskId: id }));

  const handler: A2ARequestHandler = {
    getAgentCard: card,
    async getAuthenticatedExtendedAgentCard() {
      throw new ExtendedAgentCardNotConfiguredError("There is one card for all.");
    },
    async sendMessage({ message, configuration }, context) {
      const program = programOf(context);
      const { caller, signal } = program;
      const id = await take(readMessage(message), program);
      await wantHook(caller, id, configuration?.taskPushNotificationConfig);
      if (configuration?.returnImmediately) return await shown(caller, id);
      return await shown(caller, id, await desk.waitFor(caller, id, { ms: WAIT_MS, ready: stops, signal }));
    },
    async *sendMessageStream({ message, configuration }, context) {
      const program = programOf(context);
      const id = await take(readMessage(message), program);
      await wantHook(program.caller, id, configuration?.taskPushNotificationConfig);
      yield* changes(program, id, stops);
    },
    async getTask({ id }, context) {
      return await shown(programOf(context).caller, id);
    },
    async cancelTask({ id }, context) {
      const { caller, signal } = programOf(context);
      if ((await desk.look(caller, id)).over) throw new TaskNotCancelableError("The task is over already.");
      const reply = await desk.followUp(caller, id, { kind: "cancel" }, { key: crypto.randomUUID(), signal });
      if (reply && !reply.done) throw new TaskNotCancelableError(reply.say);
      const ready = ({ over }: TaskAnswer) => over;
      return await shown(caller, id, await desk.waitFor(caller, id, { ms: CANCELLED_WITHIN_MS, ready, signal }));
    },
    async *resubscribe({ id }, context) {
      const program = programOf(context);
      if ((await desk.look(program.caller, id)).over)
        throw new UnsupportedOperationError("The task is over: GetTask has all there is.");
      yield* changes(program, id, ({ over }) => over);
    },
    async listTasks(asked, context) {
      return await listTasks(desk, programOf(context).caller, asked);
    },
    async createTaskPushNotificationConfig(hook, context) {
      const { caller } = programOf(context);
      await desk.own(caller, hook.taskId);
      return await hooks.add(caller, hook);
    },
    async getTaskPushNotificationConfig({ taskId, id }, context) {
      await desk.own(programOf(context).caller, taskId);
      const hook = (await hooks.all(taskId)).find((each) => each.id === id);
      if (!hook) throw new RequestMalformedError("There is no such push notification config.");
      return hook;
    },
    async listTaskPushNotificationConfigs({ taskId }, context) {
      await desk.own(programOf(context).caller, taskId);
      return { configs: await hooks.all(taskId), nextPageToken: "" };
    },
    async deleteTaskPushNotificationConfig({ taskId, id }, context) {
      await desk.own(programOf(context).caller, taskId);
      await hooks.remove(taskId, id);
    },
  };
  return inWords(handler, log);
}
