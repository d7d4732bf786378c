/**
 * `orch messages TASK`: what was said to the agent of a task, or within a team's plan, and what became of it. `replay`: one that could not be
 * delivered is sent once more.
 */
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { inboxOf } from "../src/task/inbox.ts";
import type { MessageCounts } from "../src/task/message-book.ts";
import { makeTaskStore } from "../src/task/store.ts";
import type { Task } from "../src/task/task.ts";
import { duration } from "../src/text/amounts.ts";
import { bare } from "../src/text/quote.ts";
import { type MessageView, messageViews } from "../src/views/messages.ts";
import { findTasks } from "./find-task.ts";
import { noteDeed } from "./note-deed.ts";
import { oneTask } from "./one-task.ts";
import { table } from "./table.ts";
import { UsageError } from "./usage-error.ts";
import { withRedis } from "./with-redis.ts";

export type MessagesOptions = { dead?: boolean; json?: boolean };

/** `words`: nothing, or `replay` and a message's id. Exit code 1 where there is no such task or message. Throws UsageError. */
export async function messages(
  env: Env,
  task: string,
  words: readonly string[],
  options: MessagesOptions,
): Promise<number> {
  const [deed, id, ...more] = words;
  if (deed !== undefined && (deed !== "replay" || id === undefined || more.length > 0))
    throw new UsageError("behind the task there may stand: replay ID");
  return await withRedis(env, "messages", async (redis) => {
    const found = await bookOf(redis, task);
    if ("lines" in found) return fail(found.lines, options);
    return id === undefined
      ? await list(redis, found, options)
      : await replay({ redis, env, book: found.book }, id, options);
  });
}

/** `node`: only what that one said and was told. */
type Book = { book: string; node: string | undefined };

/** The task in whose messages they stand. Of several on an issue a team's is meant. */
async function bookOf(redis: Redis, text: string): Promise<Book | { lines: string[] }> {
  const [name = "", node] = text.includes("#") ? [text] : text.split("/");
  const teams = (await findTasks(redis, name)).filter(({ spec }) => spec.team);
  // It may have been told something before it began.
  const plan = teams.length === 1 && teams[0] ? await makeTaskStore(redis).plans.read(teams[0].spec.id) : undefined;
  if (node !== undefined && plan?.nodes.some(({ id }) => id === node)) return { book: plan.id, node };
  const found: { task: Task } | { lines: string[] } =
    node === undefined && teams.length === 1 && teams[0] ? { task: teams[0] } : await oneTask(redis, text);
  return "lines" in found ? found : { book: inboxOf(found.task.spec).book, node };
}

async function list(redis: Redis, { book, node }: Book, { dead: onlyDead, json }: MessagesOptions): Promise<number> {
  const { messages: said, plans, read } = makeTaskStore(redis);
  const [sent, dead, counts] = await Promise.all([said.sent(book), said.dead(book), said.counts(book)]);
  const [task, plan] = await Promise.all([read(book), plans.read(book)]);
  const all = messageViews({ sent, dead, task, plan })
    .filter(({ state }) => !onlyDead || state === "dead")
    .filter(({ from, to }) => node === undefined || from === node || to === node);
  const now = Date.now();
  if (json) process.stdout.write(`${JSON.stringify({ task: book, messages: all, counts, now })}\n`);
  else print(all, counts, now);
  return 0;
}

const HEADING = ["MESSAGE", "FROM", "TO", "KIND", "STATE", "AGO", "TEXT"];

function print(all: readonly MessageView[], counts: MessageCounts, now: number): void {
  const width = process.stdout.isTTY ? process.stdout.columns || 80 : undefined;
  const time = (at: number) => (width === undefined ? new Date(at).toISOString() : duration(now - at));
  const rows = all.map((each) => [
    each.id,
    each.from,
    each.to ?? "",
    each.kind,
    each.reason === undefined ? each.state : `${each.state}: ${each.reason}`,
    time(each.at),
    each.text,
  ]);
  if (rows.length > 0) process.stdout.write(`${table(HEADING, rows, width).join("\n")}\n`);
  else process.stderr.write(counts.sent === 0 ? "Nothing was said there.\n" : "None of what was said there is dead.\n");
}

type Replayed = { redis: Redis; env: Env; book: string };

async function replay({ redis, env, book }: Replayed, id: string, options: MessagesOptions): Promise<number> {
  const sending = await makeTaskStore(redis).messages.replay(book, id);
  if (!sending)
    return fail([`No message ${bare(id, 200)} that could be sent again is dead there: --dead lists them.`], options);
  await noteDeed(redis, env, { verb: "messages replay", done: sending.kind === "sent", tasks: [book] });
  if (sending.kind !== "sent") return fail([WHY_NOT[sending.kind]], options);
  const words = `Sent again as ${sending.id}${sending.ahead > 0 ? `, behind ${sending.ahead} others` : ""}.`;
  process.stdout.write(options.json ? `${JSON.stringify({ task: book, ...sending })}\n` : `${words}\n`);
  return 0;
}

const WHY_NOT = {
  over: "The task is over, so nobody would read it.",
  full: "The inbox is full: it can be sent again when something there was read.",
  spent: "Its sender has said too much altogether.",
  void: "It was overtaken by a later one.",
} as const;

function fail(lines: readonly string[], { json }: MessagesOptions): number {
  if (json) process.stdout.write(`${JSON.stringify({ error: lines.join(" ") })}\n`);
  else process.stderr.write(`${lines.join("\n")}\n`);
  return 1;
}
