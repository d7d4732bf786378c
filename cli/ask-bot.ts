/**
 * Asks a bot for what only a bot does: a command as in a comment, through the same door, in the name of whoever operates Orch. A bot hears
 * of it at once, takes it in, notes down who asked, and says what became of it.
 */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import type { Command } from "../src/command/command.ts";
import type { Env } from "../src/config.ts";
import { requestOfCli } from "../src/events/on-cli.ts";
import { makeInbox } from "../src/intake/inbox.ts";
import { requestNameOf, taskIdIn } from "../src/intake/request.ts";
import { type CallerReply, makeCallerReplies } from "../src/task/caller-replies.ts";
import { keys } from "../src/task/keys.ts";
import type { Task } from "../src/task/task.ts";
import { operatorName } from "./consent.ts";

/** Of the one command in the request. */
export const LINE = 1;
/** A bot that missed the message looks for requests every 5 s; GitHub may be asked before one is carried out. */
const WAIT_MS = 30_000;
const LOOK_MS = 100;

/** `task`: the id of the task that it makes, where it makes one. `reply`: undefined where nobody has taken it in meanwhile. */
export type Asked = { task: string; reply: CallerReply | undefined };

/** Where the task stands. Throws what Redis answers. */
export async function askBot(redis: Redis, env: Env, { spec }: Task, command: Command): Promise<Asked> {
  const request = requestOfCli(spec, { by: operatorName(env), key: randomUUID(), command, now: Date.now() });
  await makeInbox(redis).record(request);
  const name = requestNameOf(request.repository.id, request.source);
  await redis.publish(keys.requested, name);
  return { task: taskIdIn(request, LINE), reply: await replyTo(redis, name) };
}

async function replyTo(redis: Redis, name: string): Promise<CallerReply | undefined> {
  const replies = makeCallerReplies(redis);
  for (const giveUpAt = Date.now() + WAIT_MS; Date.now() < giveUpAt; await delay(LOOK_MS)) {
    const reply = await replies.read(name);
    if (reply) return reply;
  }
  return undefined;
}

export const NOT_TAKEN_IN = `It is asked for, and within ${WAIT_MS / 1_000} s no bot has taken it in. Does one run (orch status)? Once one does, it is carried out.`;
