/**
 * Where programs want to be told of their tasks, and the telling. What is to be told is found by comparing the task with what was told
 * last, so a bot may die anywhere; a program may hear the same twice.
 */
import { createHash } from "node:crypto";
import { A2A_CONTENT_TYPE, StreamResponse, type TaskPushNotificationConfig } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";
import type { Redis } from "ioredis";
import { z } from "zod";
import type { Desk } from "../src/api/desk.ts";
import type { Caller, TokenStore } from "../src/api/tokens.ts";
import type { Logger } from "../src/log.ts";
import { makeDueSet, type Taken } from "../src/task/due-set.ts";
import { keys, RETENTION_S } from "../src/task/keys.ts";
import { readRecord } from "../src/task/record.ts";
import { a2aTask, metadataOf, stateOf } from "./project.ts";
import { addressesOf, PUBLIC, post, type Reach, targetIn, WrongTarget } from "./push-target.ts";

const hookShape = z.looseObject({
  id: z.string(),
  url: z.string(),
  token: z.string().optional(),
  authentication: z.object({ scheme: z.string(), credentials: z.string() }).optional(),
  /** Hash of what was told last, and how often the next one could not be. */
  told: z.string().optional(),
  failures: z.number().optional(),
});
type Hook = z.output<typeof hookShape>;

const MOST = 5;
/** In characters: a header is not for more. */
const HEADER = /^[\x20-\x7e]{0,1000}$/;
const SCHEME = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/;
/** Looked at so often without news, ms: messages get lost. */
const LOOK_MS = 30_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Then that state is not told any more; the next one is. About half an hour. */
const MOST_FAILURES = 10;

export type HooksDeps = { redis: Redis; desk: Desk; tokens: TokenStore; now: () => number; log: Logger; reach?: Reach };
export type Hooks = ReturnType<typeof makeHooks>;

export function makeHooks({ redis, desk, tokens, now, log, reach = PUBLIC }: HooksDeps) {
  const due = makeDueSet(redis, keys.hooked);
  const stopping = new AbortController();

  async function read(task: string): Promise<Hook[]> {
    const key = keys.callerHooks(task);
    const all = Object.values(await redis.hgetall(key));
    return all.flatMap(
      (text) =>
        readRecord<Hook>(
          key,
          hookShape,
          () => JSON.parse(text),
          () => undefined,
        ) ?? [],
    );
  }

  const write = (task: string, hook: Hook) => redis.hset(keys.callerHooks(task), hook.id, JSON.stringify(hook));

  /** Throws A2A's error for an address where nobody may be called. */
  async function add(
    { client }: Pick<Caller, "client">,
    asked: TaskPushNotificationConfig,
  ): Promise<TaskPushNotificationConfig> {
    const { taskId, token, authentication } = asked;
    const url = await checked(asked.url);
    const scheme = authentication?.scheme ?? "Bearer";
    if (!HEADER.test(token) || !SCHEME.test(scheme) || !HEADER.test(authentication?.credentials ?? ""))
      throw new RequestMalformedError("token and authentication have to fit into a header.");
    const id = asked.id === "" ? createHash("sha256").update(`${client}|${url}`).digest("hex").slice(0, 16) : asked.id;
    if (!/^[\w.-]{1,64}$/.test(id)) throw new RequestMalformedError("id: up to 64 letters, digits and . _ -");
    const others = (await read(taskId)).filter((each) => each.id !== id);
    if (others.length >= MOST) throw new RequestMalformedError(`A task has at most ${MOST} push notification configs.`);
    const secrets = { ...(token !== "" && { token }), ...(authentication && { authentication }) };
    await write(taskId, { id, url: url.href, ...secrets });
    await redis.expire(keys.callerHooks(taskId), RETENTION_S);
    await due.plan(taskId, now());
    return shown(taskId, { id, url: url.href, ...secrets });
  }

  async function checked(text: string): Promise<URL> {
    try {
      const url = targetIn(text);
      await addressesOf(url, reach);
      return url;
    } catch (error) {
      if (error instanceof WrongTarget) throw new RequestMalformedError(error.message);
      throw error;
    }
  }

  /** A task has changed. Whether anybody is told of it. */
  async function noticed(task: string): Promise<boolean> {
    if ((await redis.exists(keys.callerHooks(task))) === 0) return false;
    await due.plan(task, now());
    return true;
  }

  /** Looks whether there is something to tell of a task. For whoever has taken it. */
  async function tell(taken: Taken): Promise<void> {
    const task = taken.member;
    const [hooks, known] = await Promise.all([read(task), desk.seen(task)]);
    // Whose token was taken away is told nothing any more.
    const isCaller = known && (await tokens.list()).some(({ client }) => client === known.asked.client);
    if (hooks.length === 0 || !known || !isCaller) {
      await redis.del(keys.callerHooks(task));
      return void (await taken.done());
    }
    const { answer, asked } = known;
    const state = JSON.stringify([stateOf(answer), metadataOf(answer)]);
    const hash = createHash("sha256").update(state).digest("hex").slice(0, 16);
    const response: StreamResponse = { payload: { $case: "task", value: a2aTask(answer, asked.context) } };
    const body = JSON.stringify(StreamResponse.toJSON(response));
    await taken.keep(now());
    const untold = hooks.filter(({ told }) => told !== hash);
    const left = await Promise.all(untold.map((hook) => tellOne(task, hook, { hash, body })));
    const failures = left.filter((count) => count > 0);
    if (failures.length > 0) {
      const wait = Math.min(FIRST_WAIT_MS * 2 ** (Math.min(...failures) - 1), LONGEST_WAIT_MS);
      return void (await taken.postpone(now() + wait));
    }
    if (!answer.over) return void (await taken.postpone(now() + LOOK_MS));
    await redis.del(keys.callerHooks(task));
    await taken.done();
  }

  /** How often it has failed by now; 0 when it is told, or given up. */
  async function tellOne(task: string, hook: Hook, { hash, body }: { hash: string; body: string }): Promise<number> {
    const failures = await send(hook, body).then(
      () => 0,
      (error: unknown) => {
        log.info({ err: error, task, hook: hook.id }, "a program could not be told of its task");
        return error instanceof WrongTarget ? MOST_FAILURES : (hook.failures ?? 0) + 1;
      },
    );
    const isOver = failures === 0 || failures >= MOST_FAILURES;
    const { failures: _, ...kept } = hook;
    // It may have been taken away meanwhile.
    if ((await redis.hexists(keys.callerHooks(task), hook.id)) === 1)
      await write(task, isOver ? { ...kept, told: hash } : { ...hook, failures });
    return isOver ? 0 : failures;
  }

  async function send({ url, token, authentication }: Hook, body: string): Promise<void> {
    const headers = {
      "content-type": A2A_CONTENT_TYPE,
      ...(token !== undefined && { "x-a2a-notification-token": token }),
      ...(authentication && { authorization: `${authentication.scheme} ${authentication.credentials}` }),
    };
    const status = await post({ url: targetIn(url), headers, body }, reach, stopping.signal);
    if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
  }

  return {
    add,
    all: async (task: string) => (await read(task)).map((hook) => shown(task, hook)),
    remove: async (task: string, id: string) => void (await redis.hdel(keys.callerHooks(task), id)),
    due,
    noticed,
    tell,
    stop: () => stopping.abort(),
  };
}

/** Credentials are not given back. */
function shown(taskId: string, { id, url, authentication }: Hook): TaskPushNotificationConfig {
  const scheme = authentication && { scheme: authentication.scheme, credentials: "" };
  return { tenant: "", id, taskId, url, token: "", authentication: scheme };
}
