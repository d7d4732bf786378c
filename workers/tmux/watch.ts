/**
 * Learns of a step's end within a millisecond and without looking: the wrapper holds the FIFO open for writing, says
 * how its command ended, and the kernel reports the end of file when it is gone, however it went.
 */
import { constants, openSync } from "node:fs";
import { Socket } from "node:net";
import {
  type Exit,
  isAlive,
  parseExit,
  parseWrapper,
  readExit,
  readWrapper,
  stepFiles,
  type Wrapper,
} from "./step-files.ts";

/** `lost`: the wrapper is gone and left no exit code. `begun: false`: its program never began, because its host went away. */
export type StepEnd = Exit | { lost: true };

export type Watch = {
  /** Resolves when the wrapper says that it runs; rejects when it is gone before. */
  started: Promise<Wrapper>;
  ended: Promise<StepEnd>;
  /** Looks by hand, in case no news will come. Needed once after opening, and now and then as a net. */
  check(): Promise<void>;
  /** Stops watching; nothing resolves any more. */
  close(): void;
};

/** More than the wrapper ever says; what is beyond is not from it. */
const MAX_NEWS = 1_000;

/** Watches the step in `dir`; `boot` is this machine's boot id. */
export function watchStep(dir: string, boot: string): Watch {
  const started = Promise.withResolvers<Wrapper>();
  const ended = Promise.withResolvers<StepEnd>();
  // Whoever adopts a step does not wait for its start.
  started.promise.catch(() => {});
  let news = "";

  const goneWithoutWord = async () => {
    ended.resolve((await readExit(dir)) ?? { lost: true });
    started.reject(new Error(`the wrapper of ${dir} ended before it could start anything`));
  };
  const failed = (error: unknown) => {
    ended.reject(error);
    started.reject(error);
  };
  const hear = (chunk: string) => {
    news = (news + chunk).slice(0, MAX_NEWS);
    const wrapper = parseWrapper(/^started (.*)\n/.exec(news)?.[1] ?? "");
    if (wrapper) started.resolve(wrapper);
    const exit = parseExit(/^exit=(\w+)\n/m.exec(news)?.[1] ?? "");
    if (exit) ended.resolve(exit);
  };

  const fifo = openFifo(stepFiles(dir).fifo);
  fifo?.setEncoding("latin1");
  fifo?.on("data", hear);
  fifo?.on("error", failed);
  fifo?.on("end", () => void goneWithoutWord().catch(failed));
  return {
    started: started.promise,
    ended: ended.promise,
    async check() {
      const wrapper = await readWrapper(dir);
      if (wrapper === undefined && fifo !== undefined) return;
      // One that has written its exit code lives a moment longer.
      const over = fifo === undefined && (await readExit(dir)) !== undefined;
      if (wrapper === undefined || over || !isAlive(wrapper, boot)) return goneWithoutWord();
      started.resolve(wrapper);
    },
    close: () => void fifo?.destroy(),
  };
}

/** Non-blocking: an ordinary open of a FIFO would hold a thread of Node's small pool until a writer comes. */
function openFifo(path: string): Socket | undefined {
  try {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return new Socket({ fd, readable: true, writable: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
