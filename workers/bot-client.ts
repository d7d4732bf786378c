/**
 * The worker host's only way to anything on GitHub: it asks the bot for a short-lived token for one repository, and for
 * what the prompt needs to know. The bot answers only for the current run of a task.
 */
import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as delay } from "node:timers/promises";
import type { z } from "zod";
import {
  type ContextResponse,
  contextResponseSchema,
  errorResponseSchema,
  type TokenPurpose,
  type TokenResponse,
  tokenResponseSchema,
} from "../src/task/host-api.ts";
import { request as httpRequest } from "./network/node-http.ts";
import { readBounded } from "./read-bounded.ts";
import { Refusal } from "./refusal.ts";

export type RunIdentity = { taskId: string; epoch: number };

export type BotClient = {
  token(run: RunIdentity, purpose: TokenPurpose, signal: AbortSignal): Promise<TokenResponse>;
  context(run: RunIdentity, signal: AbortSignal): Promise<ContextResponse>;
};

const REQUEST_TIMEOUT_MS = 20_000;
const MAX_WAIT_MS = 15_000;
/** Fifty comments of the greatest length that GitHub takes, escaped, and some. */
const MAX_ANSWER_BYTES = 32 * 1024 * 1024;

/** What the bot says is final: asking again cannot help, and the sentence is for the person who asked. */
const FINAL = new Set([400, 403, 404, 410, 422]);

/** The run is not the current one any more: another host has it, or the task is over. */
export class NotCurrent extends Error {
  override readonly name = "NotCurrent";
}

export function makeBotClient(botUrl: string, secret: string): BotClient {
  /** Asks until the bot answers for good: it may be restarting, and GitHub may be away. The caller's signal bounds it. */
  async function ask<T extends z.ZodType>(
    path: string,
    body: object,
    schema: T,
    signal: AbortSignal,
  ): Promise<z.output<T>> {
    for (let attempt = 0; ; attempt++) {
      signal.throwIfAborted();
      const answer = await post(`${botUrl}${path}`, secret, body, signal);
      if (answer.kind === "ok") return schema.parse(answer.body);
      if (answer.kind === "final") throw answer.error;
      await delay(Math.min(250 * 2 ** attempt, MAX_WAIT_MS), undefined, { signal });
    }
  }
  return {
    token: (run, purpose, signal) => ask("/workers/tokens", { ...run, purpose }, tokenResponseSchema, signal),
    context: (run, signal) => ask("/workers/context", run, contextResponseSchema, signal),
  };
}

type Answer = { kind: "ok"; body: unknown } | { kind: "final"; error: Error } | { kind: "later" };

async function post(url: string, secret: string, body: object, signal: AbortSignal): Promise<Answer> {
  let response: IncomingMessage;
  let text: Buffer | undefined;
  try {
    response = await send(url, secret, JSON.stringify(body), signal);
    text = await readBounded(response, MAX_ANSWER_BYTES);
  } catch {
    signal.throwIfAborted();
    return { kind: "later" }; // no connection, or one that broke off, be it in the middle of the answer
  }
  return text === undefined
    ? final("What answers under BOT_URL says more than the bot ever does")
    : answerOf(response.statusCode ?? 0, text.toString());
}

/** Not by `fetch`, which would load all of undici for these two requests (node-http.ts). No redirect is followed. */
async function send(url: string, secret: string, body: string, signal: AbortSignal): Promise<IncomingMessage> {
  const request = (url.startsWith("https:") ? httpsRequest : httpRequest)(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${secret}`,
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    },
    signal: AbortSignal.any([signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  });
  request.end(body);
  const [response] = (await once(request, "response")) as [IncomingMessage];
  request.on("error", () => {}); // an abort is told to the answer's reader as well
  return response;
}

function answerOf(status: number, text: string): Answer {
  if (status >= 200 && status < 300) return { kind: "ok", body: JSON.parse(text) };
  if (status === 401) return final("The bot does not accept this host's WORKER_SECRET: give both the same one");
  if (status === 409)
    return { kind: "final", error: new NotCurrent("The bot says that this run is not the current one") };
  if (!FINAL.has(status)) return { kind: "later" };
  return { kind: "final", error: new Refusal(messageOf(text) ?? `The bot refused with status ${status}.`) };
}

const final = (message: string): Answer => ({ kind: "final", error: new Error(message) });

function messageOf(text: string): string | undefined {
  try {
    return errorResponseSchema.parse(JSON.parse(text)).error.message;
  } catch {
    return undefined; // not the bot's own error body, e.g. a proxy's page: the caller says the status instead
  }
}
