/**
 * `parseCommands` for text from anybody. Markdown parsers take minutes for some texts of 60,000 characters (measured:
 * rows of empty quotes 21 s), and everybody may comment on a public repository. So only short comments are parsed here;
 * a long one is parsed in a thread of its own that is ended when it takes too long.
 */
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type Command, mayHoldCommand, parseCommands } from "./command.ts";

/** Worst case in place: some 100 ms. Nearly all comments are shorter. */
const SHORT = 3_000;
/** An honest comment of full length takes some 200 ms. */
const TIME_LIMIT_MS = 1_500;
const UNREADABLE: Command[] = [{ line: 0, kind: "misunderstood", reason: { kind: "unreadable" } }];

/** What the thread of this file is told, so that it is not mistaken for anybody else's. */
type Work = { readCommandsOf: string };
type Message = "reading" | Command[];

/** Never fails for what the text holds: a comment that cannot be read in time is one misunderstood command. */
export async function readCommands(body: string): Promise<Command[]> {
  if (body.length <= SHORT || !mayHoldCommand(body)) return parseCommands(body);
  // One thread at a time, so that many such comments cannot take all of the machine.
  const before = last;
  const { promise: done, resolve } = Promise.withResolvers<void>();
  last = done;
  await before;
  return inThread(body).finally(resolve);
}

let last: Promise<void> = Promise.resolve();

async function inThread(body: string): Promise<Command[]> {
  const workerData: Work = { readCommandsOf: body };
  const thread = new Worker(new URL(import.meta.url), { workerData });
  const { promise, resolve, reject } = Promise.withResolvers<Command[]>();
  let timer: NodeJS.Timeout | undefined;
  thread.on("message", (message: Message) => {
    if (message !== "reading") return resolve(message);
    // From here on, so that a busy machine's slow start of the thread does not count.
    timer = setTimeout(() => resolve(UNREADABLE), TIME_LIMIT_MS);
  });
  thread.once("error", reject);
  thread.once("exit", (code) => reject(new Error(`The thread that reads commands ended with code ${code}`)));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    await thread.terminate();
  }
}

if (!isMainThread && typeof (workerData as Partial<Work> | null)?.readCommandsOf === "string") {
  const say = (message: Message) => parentPort?.postMessage(message);
  say("reading");
  say(parseCommands((workerData as Work).readCommandsOf));
}
