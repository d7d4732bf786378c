/** The plain HTTP door: ask for a task, wait for it, answer, tell, cancel. */
import { z } from "zod";
import { MAX_MESSAGE } from "../task/messages.ts";
import { MAX_ANSWER } from "../task/question.ts";
import type { Carried, Desk } from "./desk.ts";
import type { FollowUp } from "./follow-up.ts";
import { planAnswerShape } from "./plan-answer.ts";
import { Problem } from "./problem.ts";
import { type ApiAnswer, type ApiCall, type ApiRoute, route } from "./route.ts";
import { type TaskAnswer, taskAnswerShape } from "./task-answer.ts";
import { wishShape } from "./wish.ts";

/** The longest wait of one call, s: proxies cut off what lasts a minute. */
const MAX_WAIT_S = 50;

const waitShape = z.strictObject({
  wait: z
    .string()
    .regex(/^\d{1,3}s?$/, "must be a number of seconds, e.g. 30s")
    .transform((text) => Math.min(Number.parseInt(text, 10), MAX_WAIT_S))
    .optional()
    .describe(
      `Answer when the task is over or its agent asks something, at the latest after so many seconds (up to ${MAX_WAIT_S}s).`,
    ),
});

const nothing = z.strictObject({});

const answerShape = z
  .strictObject({
    question: z.string().regex(/^q[0-9a-f]{6}$/, "must be a question's id"),
    answer: z.string().trim().min(1).max(MAX_ANSWER).describe("In your own words, or the number of an option."),
  })
  .meta({ id: "Answer" });

const messageShape = z.strictObject({ text: z.string().trim().min(1).max(MAX_MESSAGE) }).meta({ id: "NewMessage" });

const carriedShape = z
  .object({
    state: z.enum(["done", "refused", "asked"]).describe("asked: it is recorded, and will be carried out."),
    message: z.string().optional(),
  })
  .meta({ id: "Carried" });

/** Nothing more comes of it by itself. */
const needsCaller = ({ over, questions }: TaskAnswer): boolean => over || questions.some(({ open }) => open);

const TASK = { description: "The task as it stands.", shape: taskAnswerShape };
const CARRIED = {
  200: { description: "It was carried out.", shape: carriedShape },
  202: { description: "It is recorded, and will be carried out.", shape: carriedShape },
  409: { description: "It was refused: `message` says why.", shape: carriedShape },
};

export function apiRoutes(desk: Desk): ApiRoute[] {
  const followUp = async ({ caller, id, key, signal }: ApiCall, said: FollowUp): Promise<ApiAnswer> =>
    carried(await desk.followUp(caller, id, said, { key, signal }));

  return [
    route({
      method: "POST",
      path: "/v1/tasks",
      operationId: "dispatchTask",
      summary: "Ask for a task. Under the same Idempotency-Key it is the same task.",
      isIdempotent: true,
      body: wishShape,
      answers: { 202: TASK, 200: { ...TASK, description: "It was asked for before." } },
      answer: async ({ caller, body, key }) => {
        const { id, isNew } = await desk.ask(caller, body, { key });
        return {
          status: isNew ? 202 : 200,
          body: await desk.look(caller, id),
          headers: { location: `/v1/tasks/${id}` },
        };
      },
    }),
    route({
      method: "GET",
      path: "/v1/tasks/{id}",
      operationId: "getTask",
      summary: "How a task stands; with `wait`, when there is something to do about it.",
      lasts: true,
      query: waitShape,
      answers: { 200: TASK },
      answer: async ({ caller, id, query: { wait = 0 }, signal }) => {
        const body =
          wait === 0
            ? await desk.look(caller, id)
            : await desk.waitFor(caller, id, { ms: wait * 1_000, ready: needsCaller, signal });
        return { status: 200, body };
      },
    }),
    route({
      method: "POST",
      path: "/v1/tasks/{id}/cancel",
      operationId: "cancelTask",
      summary: "Stop a task. What its agent has made is kept on its host.",
      isIdempotent: true,
      lasts: true,
      body: nothing.optional(),
      answers: CARRIED,
      answer: (call) => followUp(call, { kind: "cancel" }),
    }),
    route({
      method: "POST",
      path: "/v1/tasks/{id}/answers",
      operationId: "answerQuestion",
      summary: "Answer a question of its agent, which then goes on. The first answer counts.",
      isIdempotent: true,
      lasts: true,
      body: answerShape,
      answers: CARRIED,
      answer: async (call) => {
        const { questions } = await desk.look(call.caller, call.id);
        const { question, answer } = call.body;
        if (!questions.some(({ id }) => id === question))
          throw new Problem("not_found", `The task has no question ${question}.`);
        return await followUp(call, { kind: "answer", question, text: answer });
      },
    }),
    route({
      method: "POST",
      path: "/v1/tasks/{id}/messages",
      operationId: "tellAgent",
      summary: "Tell its agent something while it works. The task shows whether it has heard it.",
      isIdempotent: true,
      lasts: true,
      body: messageShape,
      answers: CARRIED,
      answer: (call) => followUp(call, { kind: "tell", text: call.body.text }),
    }),
    route({
      method: "GET",
      path: "/v1/plans/{id}",
      operationId: "getPlan",
      summary: "The plan of a team: its nodes and how far each is.",
      answers: { 200: { description: "The plan, proposed or at work.", shape: planAnswerShape } },
      answer: async ({ caller, id }) => ({ status: 200, body: await desk.plan(caller, id) }),
    }),
  ];
}

function carried(reply: Carried): ApiAnswer {
  if (!reply) return { status: 202, body: { state: "asked" } };
  const body = { state: reply.done ? "done" : "refused", ...(reply.say !== undefined && { message: reply.say }) };
  return { status: reply.done ? 200 : 409, body };
}
