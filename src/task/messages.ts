/**
 * What is said to an agent while it works, or before it does: one stream for each inbox (`inbox.ts`). A message is in it from the
 * moment in which it was accepted until the agent has heard it; the host that runs the agent takes it out, gives it to the
 * agent, and acknowledges it when the agent shows that it got it. So it is given again when a run ends in between, and never
 * again once it was acknowledged. One that was given too often without that is buried, and a person is told.
 *
 * The reader is the run (`<task>-<epoch>`): a run with a later number takes over at once what an earlier one had, which its
 * number has proved dead, and the earlier one gets nothing and acknowledges nothing any more. No stream is ever trimmed: that would
 * take messages which nobody has heard.
 */
import type { Redis } from "ioredis";
import { dueKeys } from "./due-set.ts";
import { type Inbox, type Reader, streamOf } from "./inbox.ts";
import { keys, RETENTION_S } from "./keys.ts";
import { fieldOf, makeMessageBook, messageIn, type Note, nodeOf, noteShape, textOfNote } from "./message-book.ts";
import { defineMessageScripts, type RawEntry } from "./message-scripts.ts";
import { type Message, messageShape, type Sender, senderName } from "./message-shape.ts";
import { type TellUnreadable, warnOfUnreadable } from "./record.ts";

export type { Note, SentMessage } from "./message-book.ts";
export { MAX_MESSAGE, type Message } from "./message-shape.ts";

/** That wait for an agent. */
export const MAX_WAITING = 50;
/** Ever said to one task, or within one plan. */
const MAX_SENT = 1_000;
/** One message to several has so many recipients at most. */
export const MAX_COPIES = 20;
/** How often a message is given to an agent that does not acknowledge it. */
const MAX_TRIES = 5;
/** How long a task's messages are kept after its end, s. */
const KEPT_S = 7 * 24 * 3600;

/** What became of a wish to send. `ahead`: how many wait before it. `spent`: the sender has said too much. `void`: a later assignment was made. */
export type Sending = { kind: "sent"; ahead: number } | { kind: "full" | "over" | "spent" | "void" };

/** A message in the hands of a run. `seq`: which one of its sender's to this recipient it is, from 1; unknown of old ones. */
export type Given = { entry: string; message: Message; seq?: number };

/** One message to one of its recipients. */
export type Copy = { node?: string | undefined; message: Message; note: Note };

export type Messages = ReturnType<typeof makeMessages>;

const FAILED = { [-1]: "over", [-2]: "spent", [-3]: "void" } as const;

export function makeMessages(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  defineMessageScripts(redis);
  const reports = dueKeys(keys.unreported);
  const inBook = makeMessageBook(redis, tell);

  /**
   * Copies of one message, each for another inbox of the book, in one deed; what became of each, in their order. Repeating it sends
   * nothing again. `most`: so many this sender may ever send here. Throws when one is no message.
   */
  async function post(book: string, copies: readonly Copy[], { from, most = 0 }: { from: Sender; most?: number }) {
    if (copies.length === 0 || copies.length > MAX_COPIES)
      throw new Error(`a message has 1 to ${MAX_COPIES} recipients, and not ${copies.length}`);
    const streams = copies.map(({ node }) => streamOf(inboxIn(book, node)));
    const fixed = [keys.messagesSent(book), keys.task(book), ...reports, keys.open, keys.messageNumbers(book)];
    const told = "person" in from ? 1 : 0;
    const head = [book, keys.changed, Date.now(), senderName(from), most, MAX_WAITING, MAX_SENT, RETENTION_S, told];
    const each = copies.flatMap(valuesOf);
    const answers = await redis.orchMessageSend(fixed.length + streams.length, ...fixed, ...streams, ...head, ...each);
    return answers.map(readAnswer);
  }

  /** To one inbox, or the task of that id. */
  async function send(to: string | Inbox, message: Message, note: Note, { most = 0 } = {}): Promise<Sending> {
    const { book, node } = typeof to === "string" ? { book: to, node: undefined } : to;
    const [sending] = await post(book, [{ node, message, note }], { from: message.from, most });
    if (!sending) throw new Error("nothing is known of what became of the message");
    return sending;
  }

  const keysOf = ({ task, inbox = { book: task } }: Reader) => [
    streamOf(inbox),
    keys.messageFates(inbox.book),
    keys.task(task),
    ...reports,
    keys.messagesDead(inbox.book),
    keys.task(inbox.book),
    keys.messageNumbers(inbox.book),
  ];
  const headOf = ({ task, epoch, inbox = { book: task } }: Reader, now: number) => [
    ...[inbox.book, keys.changed, now, epoch],
    inbox.node ?? "",
  ];

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
    const entries = await redis.orchMessageTake(9, ...keysOf(reader), ...values);
    const read = entries.map(([entry, fields]) => ({ entry, message: messageIn(fields), seq: numberIn(fields) }));
    for (const { entry, message } of read)
      if (!message) await redis.orchMessageBury(9, ...keysOf(reader), ...headOf(reader, now), entry, "unreadable");
    return read.flatMap(({ entry, message, seq }) =>
      message ? [{ entry, message, ...(seq !== undefined && { seq }) }] : [],
    );
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
    return (await redis.orchMessageAck(9, ...keysOf(reader), ...values)) >= 0;
  }

  /** In which of the books the message stands. */
  async function recipientOf(id: string, books: readonly string[]): Promise<string | undefined> {
    const sent = await Promise.all(books.map((book) => redis.hexists(keys.messagesSent(book), id)));
    return books[sent.indexOf(1)];
  }

  /** How many have not been acknowledged. */
  const waiting = (inbox: string | Inbox): Promise<number> =>
    redis.xlen(streamOf(typeof inbox === "string" ? { book: inbox } : inbox));

  /**
   * Sends a buried message once more, under a new id, which is the same for whoever does it as well; then it is buried no longer.
   * Undefined when there is none that could be sent.
   */
  async function replay(book: string, id: string): Promise<(Sending & { id: string }) | undefined> {
    const buried = (await inBook.dead(book)).find((each) => each.id === id);
    const note = (await inBook.sent(book)).find((each) => each.id === id);
    if (!buried?.message || !note) return undefined;
    const { expires: _, revision: __, ...message } = buried.message;
    const again = { ...message, id: `${id.replace(/\.r[\d-]+$/, "")}.r${buried.entry}`, replayOf: id };
    const sending = await send(inboxIn(book, nodeOf(message)), again, note);
    if (sending.kind === "sent") await redis.xdel(keys.messagesDead(book), buried.entry);
    return { ...sending, id: again.id };
  }

  /** The task is over: they are kept for a while. */
  async function expire(task: string): Promise<void> {
    const nodes = new Set((await inBook.sent(task)).flatMap(({ to }) => to ?? []));
    const streams = [...nodes].map((node) => keys.nodeMessages(task, node));
    const own = [keys.messages, keys.messagesSent, keys.messageFates, keys.messagesDead, keys.messageNumbers];
    const multi = redis.multi();
    for (const key of [...own.map((keyOf) => keyOf(task)), ...streams]) multi.expire(key, KEPT_S);
    await multi.exec();
  }

  return { ...inBook, post, send, recipientOf, take, acknowledge, waiting, replay, expire };
}

const inboxIn = (book: string, node: string | undefined): Inbox => ({ book, ...(node !== undefined && { node }) });

function valuesOf({ node = "", message, note }: Copy): (string | number)[] {
  const read = messageShape.parse(message);
  const { id, kind, revision, expires = "" } = read;
  const text = textOfNote(noteShape.parse(note) as Note, read);
  return [id, JSON.stringify(read), text, node, kind === "assignment" ? (revision ?? "") : "", expires];
}

function readAnswer([answer, ahead]: [number, number]): Sending {
  if (answer === 1) return { kind: "sent", ahead };
  return { kind: FAILED[answer as keyof typeof FAILED] ?? "full" };
}

function numberIn(fields: RawEntry[1]): number | undefined {
  const seq = fieldOf(fields, "seq");
  return seq === undefined ? undefined : Number(seq);
}
