/**
 * The book of what was said to a task, or within a plan: each message with who said it, to whom and when, and what became of it. It is
 * what people are shown; the streams hold what is still to be heard.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { keepStart } from "../text/bound.ts";
import { keys } from "./keys.ts";
import { MANAGER, type Message, type MessageKind, messageShape } from "./message-shape.ts";
import { originShape, type Source } from "./origin.ts";
import { readRecord, type TellUnreadable } from "./record.ts";

/** Of a message's text, in characters: the whole is in its stream, or was heard. */
const MAX_START = 200;

const sourceShape = z.unknown().refine((source) => originShape.safeParse({ ...(source as object), line: 0 }).success);
export const noteShape = z.looseObject({
  by: z.string(),
  at: z.number(),
  number: z.number().optional(),
  source: sourceShape.optional(),
});

/**
 * By whom and when. Of what a person said on GitHub also where, for whoever shows there what became of it: `number` is of the issue or pull
 * request, `under` the review comment that begins the thread.
 */
export type Note = { by: string; at: number; number?: number; source?: Source; under?: number };
/** Of what was said before there were others than people it says no more. */
type Said = Note & { to?: string; kind?: MessageKind; start?: string; inReplyTo?: string; correlation?: string };

export type Fate = "delivered" | "dead";
/** A message that was sent; without a fate it waits. `reason`: why it was buried. `to`: a node, or the manager. */
export type SentMessage = Said & { id: string; fate?: Fate; fateAt?: number; reason?: string };

/** One that could not be delivered; without `message` it cannot be read. */
export type DeadMessage = { entry: string; id: string; reason: string; at: number; message?: Message };

export type MessageCounts = { sent: number; delivered: number; waiting: number; dead: number };

/** As it stands in the book. */
export function textOfNote(note: Note, { to, kind, text, inReplyTo, correlation }: Message): string {
  const start = keepStart(text, MAX_START);
  const said: Said = {
    ...note,
    kind,
    start,
    ...(to !== undefined && { to }),
    ...(inReplyTo !== undefined && { inReplyTo }),
    ...(correlation !== undefined && { correlation }),
  };
  return JSON.stringify(said);
}

/** The node whose inbox it is for; none: that of the task itself. */
export const nodeOf = ({ to }: Pick<Message, "to">): string | undefined => (to === MANAGER ? undefined : to);

export function makeMessageBook(redis: Redis, tell: TellUnreadable) {
  /** All that were ever sent, oldest first, and what became of them. */
  async function sent(book: string): Promise<SentMessage[]> {
    const key = keys.messagesSent(book);
    const notes = Object.entries(await redis.hgetall(key));
    if (notes.length === 0) return [];
    const fates = await redis.hgetall(keys.messageFates(book));
    const all = notes.flatMap(([id, text]) => {
      const note = readRecord<Said>(`${key} ${id}`, noteShape, () => JSON.parse(text.replace(/^\S+ /, "")), tell);
      return note ? [{ order: orderOf(text), message: { ...note, id, ...fateOf(fates[id]) } }] : [];
    });
    const inOrder = all.toSorted((one, other) => one.message.at - other.message.at || one.order - other.order);
    return inOrder.map(({ message }) => message);
  }

  /** Those that could not be delivered, and were not sent again, oldest first. */
  async function dead(book: string): Promise<DeadMessage[]> {
    const entries = await redis.xrange(keys.messagesDead(book), "-", "+");
    return entries.map(([entry, fields]) => {
      const [reason, id] = [fieldOf(fields, "reason") ?? "", fieldOf(fields, "id") ?? ""];
      const message = messageIn(fields);
      return { entry, id, reason, at: Number(entry.split("-")[0]), ...(message && { message }) };
    });
  }

  async function counts(book: string): Promise<MessageCounts> {
    const [all, fates] = await Promise.all([redis.hlen(keys.messagesSent(book)), redis.hvals(keys.messageFates(book))]);
    const delivered = fates.filter((fate) => fate.startsWith("delivered")).length;
    return { sent: all, delivered, dead: fates.length - delivered, waiting: all - fates.length };
  }

  return { sent, dead, counts };
}

/** Of those that were said at the same time, as they were sent: an entry's name is a time, and a number within that. */
function orderOf(text: string): number {
  const [, ms = 0, number = 0] = /^(\d+)-(\d+) /.exec(text) ?? [];
  return (Number(ms) % 1e9) * 1e3 + Math.min(999, Number(number));
}

function fateOf(text: string | undefined): Pick<SentMessage, "fate" | "fateAt" | "reason"> {
  if (text === undefined) return {};
  const [fate, at, ...reason] = text.split(" ");
  return {
    fate: fate as Fate,
    fateAt: Number(at),
    ...(reason.length > 0 && { reason: reason.join(" ") }),
  };
}

export function fieldOf(fields: readonly string[], name: string): string | undefined {
  const at = fields.findIndex((field, index) => index % 2 === 0 && field === name);
  return at < 0 ? undefined : fields[at + 1];
}

/** Undefined for another program's, or one of a kind that this Orch does not know. */
export function messageIn(fields: readonly string[]): Message | undefined {
  try {
    return messageShape.parse(JSON.parse(fieldOf(fields, "m") ?? ""));
  } catch {
    return undefined;
  }
}
