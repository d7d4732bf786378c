/** Answers what is asked of what this host's runs have printed and changed, one after the other, each as it was asked and nothing twice. */
import type { Logger } from "pino";
import { keys } from "../../src/task/keys.ts";
import { ANSWER_S, type Answer, type Ask, answerText, parseAsk } from "../../src/task/output.ts";
import { pieceOf } from "../../src/task/output-piece.ts";
import { changesText, parseChangesAsk } from "../../src/task/unpublished.ts";
import { readChanges } from "../checkpoints/read-changes.ts";
import type { Run, Shared } from "../run/run.ts";
import { bytesOf, findRunFolder, openTranscript, stepsOf } from "./transcripts.ts";

type Parts = Pick<Shared, "redis" | "hostId" | "dataDir"> & { log: Pick<Logger, "warn"> };
export type LiveRun = (taskId: string) => Pick<Run, "folder"> | undefined;

/** `later`: for what takes longer, so that nobody who asks for output waits for it. */
type Asked = { live: LiveRun; later(work: (signal: AbortSignal) => Promise<void>): void };

/** Until nothing is asked any more. */
export async function answerAsks(parts: Parts, { live, later }: Asked): Promise<void> {
  const { redis, hostId, log } = parts;
  for (;;) {
    const text = await redis.rpop(keys.asks(hostId));
    if (text === null) return;
    const changes = parseChangesAsk(text);
    if (changes) {
      later(async (signal) => {
        const made = await readChanges(parts.dataDir, changes.changesOf, signal);
        await say(redis, changes.id, changesText(made));
      });
      continue;
    }
    const ask = parseAsk(text);
    if (!ask) {
      log.warn("what was asked of this host's output cannot be read: left out");
      continue;
    }
    const answer = await answerTo(parts, live, ask).catch((error: unknown): Answer => {
      log.warn({ err: error, task: ask.task }, "what a run printed cannot be read");
      return "gone";
    });
    await say(redis, ask.id, answerText(answer));
  }
}

async function say(redis: Parts["redis"], id: string, text: string): Promise<void> {
  await redis.multi().set(keys.answer(id), text, "EX", ANSWER_S).publish(keys.answered, id).exec();
}

async function answerTo({ dataDir }: Parts, live: LiveRun, ask: Ask): Promise<Answer> {
  const running = live(ask.task)?.folder;
  const wanted = { taskId: ask.task, epoch: ask.run };
  const folder = running?.record.epoch === ask.run ? running : findRunFolder(dataDir, wanted);
  const steps = folder ? stepsOf(folder) : [];
  const step = ask.step === undefined ? steps.at(-1) : steps.find(({ name }) => name === ask.step);
  const file = folder && step && (await openTranscript(folder.dir, step.name));
  if (!file) return "gone";
  try {
    return { steps, step: step.name, ...(await pieceOf(await bytesOf(file), ask)) };
  } finally {
    await file.close();
  }
}
