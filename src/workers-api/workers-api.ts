/**
 * The bot's side of `src/task/host-api.ts`. A worker host shows the worker secret and the epoch of its run; only the
 * current run of a task that is not over gets an answer.
 */
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import type { GitHub } from "../github.ts";
import type { HttpResponse } from "../ingress/ingress.ts";
import { readBody, TooLarge } from "../ingress/read-body.ts";
import { equalInConstantTime } from "../ingress/signature.ts";
import type { Logger } from "../log.ts";
import type { Route } from "../server.ts";
import {
  CONTEXT_PATH,
  contextRequestSchema,
  type ErrorResponse,
  PUSHED_PATH,
  pushedRequestSchema,
  REFUSAL_STATUS,
  TOKENS_PATH,
  tokenRequestSchema,
} from "../task/host-api.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task, TaskState } from "../task/task.ts";
import type { Ahead } from "./ahead.ts";
import { giveContext } from "./context.ts";
import { findPushed } from "./find-pushed.ts";
import { Refused, refusedByGitHub } from "./refused.ts";
import { checkPhase, giveToken } from "./tokens.ts";

export type WorkersApiDeps = { store: TaskStore; github: GitHub; ahead: Ahead; workerSecret: string; log: Logger };

const MAX_BODY = 4_096;

export function workersApi(deps: WorkersApiDeps): Route[] {
  const { github, ahead, log } = deps;
  return [
    route(deps, TOKENS_PATH, async (body) => {
      const wanted = parse(tokenRequestSchema, body);
      const { spec, state } = await currentTask(deps.store, wanted);
      checkPhase(state.phase, wanted.purpose);
      const ready = wanted.purpose === "fetch" ? await ahead.take(spec.id, "token") : undefined;
      const token = ready ?? (await giveToken(deps, spec, wanted.purpose));
      log.info({ task: wanted.taskId, epoch: wanted.epoch, purpose: wanted.purpose }, "token given");
      return token;
    }),
    route(deps, CONTEXT_PATH, async (body) => {
      const wanted = parse(contextRequestSchema, body);
      const { spec } = await currentTask(deps.store, wanted);
      return (await ahead.take(spec.id, "context")) ?? (await giveContext(github, spec));
    }),
    route(deps, PUSHED_PATH, async (body) => {
      const task = await currentTask(deps.store, parse(pushedRequestSchema, body));
      const pushed = await findPushed(github, task).catch((error: unknown) => {
        throw refusedByGitHub(error);
      });
      return { ...(pushed && { pushed }) };
    }),
  ];
}

function route(deps: WorkersApiDeps, path: string, give: (body: unknown) => Promise<object>): Route {
  const { workerSecret, log } = deps;
  async function answer(request: IncomingMessage): Promise<HttpResponse> {
    try {
      if (!equalInConstantTime(request.headers.authorization ?? "", `Bearer ${workerSecret}`)) {
        throw new Refused("unauthorized", "The worker secret is wrong.");
      }
      return { status: 200, body: await give(await readJson(request)) };
    } catch (error) {
      if (!(error instanceof Refused)) log.error({ err: error, path }, "request of a worker host failed");
      // Everything else is Redis: the run goes on when it is back.
      const refused = error instanceof Refused ? error : new Refused("unavailable", "Redis does not answer.");
      log.info({ err: refused.cause, path, code: refused.code }, "worker host refused");
      const { code, message, retryAfterMs } = refused;
      const body: ErrorResponse = { error: { code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) } };
      return { status: REFUSAL_STATUS[refused.code], body };
    }
  }
  return { method: "POST", path, answer };
}

type Current = Pick<Task, "spec" | "runs"> & { state: Extract<TaskState, { name: "running" }> };

async function currentTask(store: TaskStore, run: { taskId: string; epoch: number }): Promise<Current> {
  const reading = await store.lookUp(run.taskId);
  // Redis may have been emptied, or restored as it was before the run: it may come back while the host waits.
  if (reading.kind !== "known")
    throw new Refused("unavailable", `The task's record is ${reading.kind}. Ask again later.`);
  const { spec, runs, state, epoch } = reading.record;
  if (state.name !== "settled" && epoch < run.epoch)
    throw new Refused("unavailable", "The task's record is older than this run. Ask again later.");
  if (state.name !== "running" || epoch !== run.epoch) {
    throw new Refused("not_current", "This run is not the task's current one.");
  }
  return { spec, runs, state };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  try {
    return JSON.parse((await readBody(request, MAX_BODY)).toString("utf8"));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TooLarge) {
      throw new Refused("bad_request", `The body must be JSON of at most ${MAX_BODY} bytes.`);
    }
    throw error;
  }
}

function parse<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new Refused("bad_request", z.prettifyError(parsed.error));
}
