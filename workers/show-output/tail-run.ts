/**
 * Publishes what a run prints while somebody watches: from where its current step stands now, then whatever is new, at once but no more often
 * than every 50 ms, in pieces of 16 kB. What Redis did not take is read again: the file has it.
 */
import { statSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { keys } from "../../src/task/keys.ts";
import { CHUNK_MS, type Chunk, MAX_CHUNK } from "../../src/task/output.ts";
import { type TerminalFilter, terminalFilter } from "../../src/text/terminal-text.ts";
import type { Run } from "../run/run.ts";
import { watchFile } from "../run/step/watch-file.ts";
import { openTranscript, transcriptOf } from "./transcripts.ts";

export type Tail = {
  /** Says again how far it goes, for somebody who has just come. */
  announce(): void;
  stop(): Promise<void>;
};

type Parts = {
  redis: Redis;
  run: Pick<Run, "folder" | "log"> & { log: Pick<Logger, "debug"> };
  /** Of the run, as the task's record names it. */
  owner: Pick<Chunk, "host" | "epoch" | "claim">;
};

type Open = {
  step: string;
  inode: number;
  file: FileHandle;
  watcher: { close(): void };
  filter: TerminalFilter;
  /** Where the filter began, what was read, and what was published, in bytes. */
  base: number;
  read: number;
  told: number;
};

export function tailRun({ redis, run, owner }: Parts): Tail {
  const taskId = run.folder.record.taskId;
  const buffer = Buffer.allocUnsafe(MAX_CHUNK);
  let open: Open | undefined;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let again = false;
  let isToAnnounce = true;
  let lastAt = Number.NEGATIVE_INFINITY;
  let stopped = false;

  const wake = () => {
    again = true;
    if (stopped || working || timer) return;
    timer = setTimeout(work, Math.max(0, lastAt + CHUNK_MS - performance.now()));
  };
  const work = () => {
    timer = undefined;
    again = false;
    lastAt = performance.now();
    working = publishNew()
      .catch((error: unknown) => {
        run.log.debug({ err: error }, "what the run prints is not shown; it is tried again");
        readAgain();
      })
      .finally(() => {
        working = undefined;
        if (again) wake();
      });
  };
  const newest = () => run.folder.record.steps.at(-1)?.name;
  const dirWatcher = watchFile(run.folder.dir, wake); // a step that begins is noted down there

  async function publishNew(): Promise<void> {
    // Where somebody begins to watch, what was printed before is asked for.
    open ??= await openStep(newest(), "end");
    for (;;) {
      if (!open || stopped) return;
      await publishRest(open);
      const next = newest();
      const isReplaced = inodeOf(open.step) !== open.inode;
      if (next === open.step && !isReplaced) return;
      await closeStep();
      open = await openStep(next, "start");
      isToAnnounce = true;
    }
  }

  async function publishRest(from: Open): Promise<void> {
    for (;;) {
      const { bytesRead } = await from.file.read(buffer, 0, MAX_CHUNK, from.read);
      if (bytesRead === 0 || stopped) break;
      from.read += bytesRead;
      const text = from.filter.push(buffer.subarray(0, bytesRead));
      await publish(from, text);
    }
    if (isToAnnounce) await publish(from, "");
  }

  async function publish(from: Open, text: string): Promise<void> {
    const to = from.base + from.filter.taken();
    if (to === from.told && !isToAnnounce) return;
    const chunk: Chunk = { ...owner, step: from.step, from: from.told, to, text };
    await redis.publish(keys.printed(taskId), JSON.stringify(chunk));
    from.told = to;
    isToAnnounce = false;
  }

  function readAgain(): void {
    if (!open) return;
    open.filter = terminalFilter();
    open.base = open.told;
    open.read = open.told;
  }

  const inodeOf = (step: string) => statSync(transcriptOf(run.folder.dir, step), { throwIfNoEntry: false })?.ino;

  async function openStep(step: string | undefined, where: "start" | "end"): Promise<Open | undefined> {
    const file = step === undefined ? undefined : await openTranscript(run.folder.dir, step);
    if (!file || step === undefined) return undefined;
    try {
      // Before its size is known: what is written in between wakes.
      const watcher = watchFile(transcriptOf(run.folder.dir, step), wake);
      const { size, ino: inode } = await file.stat();
      const at = where === "end" ? size : 0;
      return { step, inode, file, watcher, filter: terminalFilter(), base: at, read: at, told: at };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async function closeStep(): Promise<void> {
    const was = open;
    open = undefined;
    was?.watcher.close();
    await was?.file.close();
  }

  wake();
  return {
    announce() {
      isToAnnounce = true;
      wake();
    },
    async stop() {
      stopped = true;
      clearTimeout(timer);
      dirWatcher.close();
      await working;
      await closeStep();
    },
  };
}
