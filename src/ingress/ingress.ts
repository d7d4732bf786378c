/**
 * Takes GitHub's deliveries. A 2xx is a promise: what had to be written is written, because GitHub never repeats a
 * delivery that it believes to have arrived. When Redis does not answer, the delivery is refused with 503 within 3 s;
 * it can then be redelivered.
 *
 * Why not Probot's own middleware? It has no limit for bodies, accepts deliveries without an id, answers 202 when a
 * handler hangs, and builds an Octokit for every event, whoever it is for: measured, stock Probot reaches 0.72 × the
 * rate of bare @octokit/webhooks with a BullMQ `add`. Here an event that is not ours costs one HMAC.
 */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { z } from "zod";
import type { Logger } from "../log.ts";
import { NoRoom, type Room, readBody, TooLarge } from "./read-body.ts";
import { isSigned } from "./signature.ts";

export type Delivery = {
  /** GitHub's GUID. Not signed: for the log, never an identity. */
  id: string;
  /** SHA-256 of the signed body, in hex: the identity of what nobody has given a number. A redelivery has the same. */
  digest(): string;
};

/** What a listener does must be durable when it resolves. Throws `Malformed`, or what Redis throws. */
export type Listener = (payload: unknown, delivery: Delivery) => Promise<void>;

/** By event and action, e.g. `issue_comment.created`; an event that has no actions goes by its name alone. */
export type Listeners = Readonly<Record<string, Listener>>;

/** `type`: of a body that is a text; others are sent as JSON. */
export type HttpResponse = { status: number; body: unknown; type?: string; headers?: Record<string, string> };

/** A signed delivery that does not look as GitHub documents it. */
class Malformed extends Error {
  override readonly name = "Malformed";
}

/** GitHub's own limit for payloads. */
const MAX_BODY = 25 * 1024 * 1024;
/**
 * Whoever sends is not known before the last byte: strangers must not fill the memory. Deliveries about comments and pull
 * requests are far below what is free.
 */
const ROOM: Room = { left: 4 * MAX_BODY, free: 256 * 1024 };
/** Answered by then, ms. What is under way may still be written; a redelivery finds it. */
const ANSWER_WITHIN_MS = 2_800;

/** GUIDs have 36, signatures 71, the longest event name about 40. */
const MAX_HEADER_CHARACTERS = 100;

export type IngressDeps = {
  secret: string;
  listeners: Listeners;
  /** Whether Redis may be trusted with what a delivery says. */
  isFit: () => boolean;
  log: Logger;
};

export function makeIngress({ secret, listeners, isFit, log }: IngressDeps) {
  const room = { ...ROOM };
  const events = new Set(Object.keys(listeners).map((name) => name.split(".")[0]));

  async function receive(request: IncomingMessage): Promise<HttpResponse> {
    const id = header(request, "x-github-delivery");
    const event = header(request, "x-github-event");
    if (!id || !event) return answer(400, "X-GitHub-Delivery and X-GitHub-Event are required");
    let body: Buffer;
    try {
      body = await readBody(request, MAX_BODY, room);
    } catch (error) {
      if (error instanceof TooLarge) return answer(413, "The body is larger than 25 MB");
      if (error instanceof NoRoom) return answer(503, "Too many large bodies at once. Redeliver it later.");
      throw error;
    }
    if (!isSigned(secret, body, header(request, "x-hub-signature-256"))) {
      log.warn({ delivery: id, event }, "delivery with a wrong signature refused");
      return answer(401, "The signature does not match the webhook secret");
    }
    if (!events.has(event)) return answer(200, "ignored");
    const payload = parse(body);
    if (payload === undefined) return answer(400, "The body is not JSON: set the webhook's content type to JSON");
    const name = nameOf(event, actionOf(payload));
    const listener = Object.hasOwn(listeners, name) ? listeners[name] : undefined;
    if (!listener) return answer(200, "ignored");
    if (!isFit()) return answer(503, "Redis is not ready");
    const digest = () => createHash("sha256").update(body).digest("hex");
    return await hear(listener, payload, { id, digest }, name);
  }

  async function hear(listener: Listener, payload: unknown, delivery: Delivery, name: string): Promise<HttpResponse> {
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(() => resolve("late"), ANSWER_WITHIN_MS);
    try {
      const end = await Promise.race([listener(payload, delivery), late]);
      // Written while Redis was lost and found again, it may be in the memory of one that keeps nothing.
      if (end !== "late" && isFit()) return answer(200, "ok");
      log.error({ delivery: delivery.id, event: name, end }, "delivery refused: it could not be written for sure");
    } catch (error) {
      if (error instanceof Malformed) {
        log.warn({ delivery: delivery.id, event: name, reason: error.message }, "malformed delivery refused");
        return answer(400, error.message);
      }
      log.error({ err: error, delivery: delivery.id, event: name }, "delivery refused: it could not be written");
    } finally {
      clearTimeout(timer);
    }
    return answer(503, "The delivery could not be stored. Redeliver it later.");
  }

  return receive;
}

/** As listeners go by it. */
export const nameOf = (event: string, action: string): string => (action === "" ? event : `${event}.${action}`);

/** A listener that gets its payload parsed. */
export function listen<T extends z.ZodType>(
  schema: T,
  hear: (payload: z.output<T>, delivery: Delivery) => Promise<void>,
): Listener {
  return async (payload, delivery) => {
    const parsed = schema.safeParse(payload);
    if (!parsed.success) throw new Malformed(z.prettifyError(parsed.error));
    await hear(parsed.data, delivery);
  };
}

function answer(status: number, message: string): HttpResponse {
  return { status, body: status < 300 ? { message } : { error: { code: status, message } } };
}

/** Cut to what GitHub ever sends: the log shows it before anybody knows who wrote it. */
function header(request: IncomingMessage, name: string): string {
  const value = request.headers[name];
  return typeof value === "string" ? value.slice(0, MAX_HEADER_CHARACTERS) : "";
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined; // the caller answers
  }
}

function actionOf(payload: unknown): string {
  const action = typeof payload === "object" && payload !== null && "action" in payload ? payload.action : undefined;
  return typeof action === "string" ? action : "";
}
