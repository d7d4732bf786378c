/**
 * What is said to a task's agent while it works, or before it does: one stream for each task. A message is in it from the
 * moment in which it was accepted until the agent has heard it; the host that runs the agent takes it out, gives it to the
 * agent, and acknowledges it when the agent shows that it got it. So it is given again when a run ends in between, and never
 * again once it was acknowledged. One that was given too often without that is buried, and whoever said it is told.
 *
 * The reader is the run (`<task>-<epoch>`): a run with a later number takes over at once what an earlier one had, which its
 * number has proved dead, and the earlier one gets nothing and acknowledges nothing any more. No stream is ever trimmed: that would
 * take messages which nobody has heard.
 *
 * Another kind of message, or of sender, is added to `messageShape`.
 */
import type { Redis } from "ioredis";
import { z } from "zod";
import { dueKeys } from "./due-set.ts";
import { keys, RETENTION_S } from "./keys.ts";
import { defineMessageScripts, type RawEntry } from "./message-scripts.ts";
import { originShape, type Source } from "./origin.ts";
import { readRecord, type TellUnreadable, warnOfUnreadable } from "./record.ts";

/** Of one message, in characters. */
export const MAX_MESSAGE = 4_000;
/** That wait for an agent. */
export const MAX_WAITING = 50;
/** Ever said to one task. */
const MAX_SENT = 1_000;
/** How often a message is given to an agent that does not acknowledge it. */
const MAX_TRIES = 5;
/** How long a task's messages are kept after its end, s. */
const KEPT_S = 7 * 24 * 3600;

const messageShape = z.object({
  v: z.literal(1),
  /** The sender's own, and the same whenever it is sent. */
  id: z.string().min(1).max(200),
  /** `person`: a login. */
  from: z.object({ person: z.string().min(1).max(100) }),
  kind: z.literal("note"),
  /** By whoever sent it: hostile. */
  text: z.string().min(1).max(MAX_MESSAGE),
  inReplyTo: z.string().min(1).max(200).optional(),
  /** When it was said, Unix ms. */
  at: z.number(),
});
export type Message = z.output<typeof messageShape>;

const sourceShape = z.unknown().refine((source) => originShape.safeParse({ ...(source as object), line: 0 }).success);
const noteShape = z.looseObject({ by: z.string(), at: z.number(), number: z.number(), source: sourceShape });
/**
 * Where it was said, and by whom, for whoever shows there what became of it. `number`: of the issue or pull request; `under`: the
 * review comment that begins the thread.
 */
export type Note = { by: string; at: number; number: number; source: Source; under?: number };

export type Fate = "delivered" | "dead";
/** A message that was sent to a task; without a fate it waits. */
export type SentMessage = Note & { id: string; fate?: Fate };

/** What became of a wish to send. `ahead`: how many wait before it. */
export type Sending = { kind: "sent"; ahead: number } | { kind: "full" } | { kind: "over" };

/** A message in the hands of a run. */
export type Given = { entry: string; message: Message };
/** Whose run it is. */
export type Reader = { task: string; epoch: number };

export type Messages = ReturnType<typeof makeMessages>;

export function makeMessages(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  defineMessageScripts(redis);
  const reports = dueKeys(keys.unreported);

  /** Repeating it sends nothing again. Throws when the message is none. */
  async function send(task: string, message: Message, note: Note): Promise<Sending> {
    const sendKeys = [keys.messages(task), keys.messagesSent(task), keys.task(task), ...reports, keys.open];
    const texts = [JSON.stringify(messageShape.parse(message)), JSON.stringify(noteShape.parse(note))];
    const values = [task, keys.changed, note.at, message.id, ...texts, MAX_WAITING, MAX_SENT, RETENTION_S];
    const [answer, ahead] = await redis.orchMessageSend(7, ...sendKeys, ...values);
    if (answer === 1) return { kind: "sent", ahead };
    return { kind: answer === 0 ? "full" : "over" };
  }

  const keysOf = (task: string) => [
    keys.messages(task),
    keys.messageFates(task),
    keys.task(task),
    ...reports,
    keys.messagesDead(task),
  ];
  const headOf = ({ task, epoch }: Reader, now: number) => [task, keys.changed, now, epoch];

  /**
   * The next messages for this run's agent, oldest first: `given`, what it has given already and not acknowledged, is not among
   * them. Nothing for a run that is not the task's any more.
   */
  async function take(
    reader: Reader,
    { given, most, now }: { given: readonly string[]; most: number; now: number },
  ): Promise<Given[]> {
    const { task, epoch } = reader;
    const values = [...headOf(reader, now), `${task}-${epoch}`, most, MAX_TRIES, ...given];
    const entries = await redis.orchMessageTake(7, ...keysOf(task), ...values);
    const read = entries.map(([entry, fields]) => ({ entry, message: messageIn(fields) }));
    for (const { entry, message } of read)
      if (!message) await redis.orchMessageBury(7, ...keysOf(task), ...headOf(reader, now), entry, "unreadable");
    return read.flatMap(({ entry, message }) => (message ? [{ entry, message }] : []));
  }

  function messageIn(fields: RawEntry[1]): Message | undefined {
    const text = fields[fields.indexOf("m") + 1] ?? "";
    try {
      return messageShape.parse(JSON.parse(text));
    } catch {
      return undefined; // another program's, or of a kind that this Orch does not know: it is buried
    }
  }

  /** The agent has got them. False when the run is not the task's any more: then they are given to the next one. */
  async function acknowledge(
    reader: Reader,
    heard: readonly { entry: string; id: string }[],
    now: number,
  ): Promise<boolean> {
    if (heard.length === 0) return true;
    const pairs = heard.flatMap(({ entry, id }) => [entry, id]);
    const values = [...headOf(reader, now), RETENTION_S, ...pairs];
    return (await redis.orchMessageAck(7, ...keysOf(reader.task), ...values)) >= 0;
  }

  /** Which of the tasks the message was sent to. */
  async function recipientOf(id: string, tasks: readonly string[]): Promise<string | undefined> {
    const sent = await Promise.all(tasks.map((task) => redis.hexists(keys.messagesSent(task), id)));
    return tasks[sent.indexOf(1)];
  }

  /** How many have not been acknowledged. */
  const waiting = (task: string): Promise<number> => redis.xlen(keys.messages(task));

  /** All that were ever sent to the task, oldest first, and what became of them. */
  async function sent(task: string): Promise<SentMessage[]> {
    const key = keys.messagesSent(task);
    const notes = Object.entries(await redis.hgetall(key));
    if (notes.length === 0) return [];
    const fates = await redis.hgetall(keys.messageFates(task));
    const all = notes.flatMap(([id, text]) => {
      const note = readRecord<Note>(`${key} ${id}`, noteShape, () => JSON.parse(text.replace(/^\S+ /, "")), tell);
      const fate = fates[id]?.split(" ")[0] as Fate | undefined;
      return note ? [{ ...note, id, ...(fate && { fate }) }] : [];
    });
    return all.toSorted((one, other) => one.at - other.at);
  }

  /** The task is over: they are kept for a while. */
  async function expire(task: string): Promise<void> {
    const all = [keys.messages(task), keys.messagesSent(task), keys.messageFates(task), keys.messagesDead(task)];
    const multi = redis.multi();
    for (const key of all) multi.expire(key, KEPT_S);
    await multi.exec();
  }

  return { send, recipientOf, take, acknowledge, waiting, sent, expire };
}
