/**
 * The worker host's only way to anything on GitHub: it asks the bot for a short-lived token for one repository, and for
 * what the prompt needs to know. The bot answers only for the current run of a task.
 *
 * The worker secret goes to nobody but a bot: into a socket in a folder that only the host's own user can enter, or to
 * whoever proves by certificate to be the address. An answer counts only when it has the shape of a bot's; everything else,
 * e.g. a proxy's page while the bot restarts, means "ask again".
 */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as overTls } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import type { z } from "zod";
import type { BotAddress } from "../src/config.ts";
import type { Logger } from "../src/log.ts";
import { Refusal } from "../src/refusal.ts";
import { botSockets } from "../src/task/bot-folder.ts";
import {
  CONTEXT_PATH,
  type ContextResponse,
  contextResponseSchema,
  errorResponseSchema,
  PUSHED_PATH,
  type PushedResponse,
  pushedResponseSchema,
  REFUSAL_STATUS,
  TOKENS_PATH,
  type TokenPurpose,
  type TokenResponse,
  tokenResponseSchema,
} from "../src/task/host-api.ts";
import { request as overSocket } from "./node-http.ts";
import { readBounded } from "./read-bounded.ts";
import { StillFailing } from "./still-failing.ts";

export type RunIdentity = { taskId: string; epoch: number };

export type BotClient = {
  token(run: RunIdentity, purpose: TokenPurpose, signal: AbortSignal): Promise<TokenResponse>;
  context(run: RunIdentity, signal: AbortSignal): Promise<ContextResponse>;
  /** The task's work, if it stands on GitHub already. */
  pushed(run: RunIdentity, signal: AbortSignal): Promise<PushedResponse>;
};

const REQUEST_TIMEOUT_MS = 20_000;
const MAX_WAIT_MS = 15_000;
/** Fifty comments of the greatest length that GitHub takes, escaped, and some. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** The run is not the current one any more: another host has it, or the task is over. */
export class NotCurrent extends Error {
  override readonly name = "NotCurrent";
}

export function makeBotClient(address: BotAddress, secret: string, log: Logger): BotClient {
  /**
   * Asks until a bot answers for good: it may be restarting, and GitHub may be away. The caller's signal bounds it: then throws
   * StillFailing, or the signal's reason where nothing had failed yet.
   */
  async function ask<T>(path: string, body: object, schema: z.ZodType<T>, signal: AbortSignal): Promise<T> {
    let told = "";
    try {
      for (let attempt = 0; ; attempt++) {
        signal.throwIfAborted();
        const answer = await askEach(address, { path, secret, body, signal }, schema);
        if (answer.kind === "ok") return answer.body;
        if (answer.kind === "final") throw answer.error;
        if (answer.why !== told) log.warn({ path, why: answer.why }, "no bot answers for good: asking again");
        told = answer.why;
        const waitMs = Math.max(Math.min(250 * 2 ** attempt, MAX_WAIT_MS), answer.retryAfterMs ?? 0);
        await delay(waitMs, undefined, { signal });
      }
    } catch (error) {
      if (!signal.aborted || told === "") throw error;
      throw new StillFailing(`The worker host got no answer of use from the bot: ${told}`, { cause: error });
    }
  }
  return {
    token: (run, purpose, signal) => ask(TOKENS_PATH, { ...run, purpose }, tokenResponseSchema, signal),
    context: (run, signal) => ask(CONTEXT_PATH, run, contextResponseSchema, signal),
    pushed: (run, signal) => ask(PUSHED_PATH, run, pushedResponseSchema, signal),
  };
}

type Question = { path: string; secret: string; body: object; signal: AbortSignal };

type Later = { kind: "later"; why: string; retryAfterMs?: number | undefined };
type BotAnswer<T> = { kind: "ok"; body: T } | { kind: "final"; error: Error } | Later;

/** A bot's way to be reached: its socket, or its https address. */
type Way = { socketPath: string } | { url: string };

/** Every bot there is, until one has an answer. */
async function askEach<T>(address: BotAddress, question: Question, schema: z.ZodType<T>): Promise<BotAnswer<T>> {
  const ways = await waysTo(address);
  if (typeof ways === "string") return later(ways);
  let answer: BotAnswer<T> = later(`no bot listens in ${address.kind === "folder" ? address.folder : address.url}`);
  for (const way of ways) {
    answer = await askOne(way, question, schema);
    if (answer.kind !== "later") break;
  }
  return answer;
}

/** A bot that restarts has another socket. A string: why there is none that may be asked. */
async function waysTo(address: BotAddress): Promise<Way[] | string> {
  if (address.kind === "https") return [{ url: address.url }];
  try {
    return (await botSockets(address.folder)).map((socketPath) => ({ socketPath }));
  } catch (error) {
    return messageOf(error);
  }
}

async function askOne<T>(way: Way, question: Question, schema: z.ZodType<T>): Promise<BotAnswer<T>> {
  const { signal } = question;
  const request = requestFor(way, question, AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]));
  request.on("error", () => undefined); // whoever waits for the answer hears of it; nobody may be waiting any more
  try {
    const responded = once(request, "response") as Promise<[IncomingMessage]>;
    request.end(JSON.stringify(question.body));
    const [response] = await responded;
    const text = await readBounded(response, MAX_ANSWER_BYTES);
    if (text === undefined) return later("what answers in the bot's place says more than the bot ever does");
    return answerOf(response.statusCode ?? 0, text.toString(), schema);
  } catch (error) {
    signal.throwIfAborted();
    // No connection, no certificate that holds, or one that broke off, be it in the middle of the answer.
    return later(messageOf(error));
  }
}

/** Redirects are not followed. */
function requestFor(way: Way, { path, secret }: Question, signal: AbortSignal) {
  const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
  const options = { method: "POST", headers, signal };
  // A connection of its own each time: one that is kept would be to a bot that has ended since.
  if ("socketPath" in way) return overSocket({ ...options, agent: false, socketPath: way.socketPath, path });
  // Said here, so that no variable of the environment can switch it off.
  return overTls(`${way.url}${path}`, { ...options, rejectUnauthorized: true });
}

function answerOf<T>(status: number, text: string, schema: z.ZodType<T>): BotAnswer<T> {
  const said = jsonOf(text);
  if (status === 200) {
    const given = schema.safeParse(said);
    return given.success ? { kind: "ok", body: given.data } : later("what answers is no bot of this version");
  }
  const refused = errorResponseSchema.safeParse(said);
  if (!refused.success) return later(`status ${status}, and not in the bot's own words: ${HINT}`);
  const { code, message, retryAfterMs } = refused.data.error;
  if (status !== REFUSAL_STATUS[code]) return later(`status ${status} with the words of another: ${HINT}`);
  switch (code) {
    case "unavailable":
      return { ...later(message), retryAfterMs };
    case "unauthorized":
      return final("The bot does not accept this host's WORKER_SECRET: give both the same one");
    case "not_current":
      return { kind: "final", error: new NotCurrent("The bot says that this run is not the current one") };
    default:
      return { kind: "final", error: new Refusal(message) };
  }
}

const HINT = "with an https address the bot needs the same BOT_URL, and its TLS proxy has to pass on /workers/*";

const later = (why: string): Later => ({ kind: "later", why });
const final = (message: string): { kind: "final"; error: Error } => ({ kind: "final", error: new Error(message) });

/** Of a time-out the reason, not that it was carried out. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}

/** Undefined when it is none, e.g. a proxy's page. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
