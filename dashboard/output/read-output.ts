/**
 * What a run has printed, wherever that is: on the host that runs it or has kept it, else the end of it, which was handed over when the run was
 * over and stands in Redis or in the history.
 */
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import type { HostView } from "../../src/task/hosts.ts";
import { pieceOfKept, readKeptOutput, unpackOutput } from "../../src/task/kept-output.ts";
import type { Piece } from "../../src/task/output.ts";
import type { Wanted as Pieces } from "../../src/task/output-piece.ts";
import type { Task } from "../../src/task/task.ts";
import type { AskHost } from "./ask-host.ts";

/** `none`: nothing was printed, or nothing is kept. `silent`: there may be something, but its host does not answer. */
export type Reading = Piece | "none" | "silent";

/** `step`: none is the last one. */
export type Wanted = Pieces & { run: number; step?: string | undefined };

export type ReadOutput = (task: Task, wanted: Wanted) => Promise<Reading>;

/** What a history has of a run. */
export type PastOutput = (task: string, run: number) => Promise<Uint8Array | undefined>;

type Parts = {
  redis: Redis;
  ask: AskHost;
  hosts: () => Promise<HostView[]>;
  past: PastOutput;
  log: Pick<Logger, "debug">;
};

/** Where Redis is away, hosts are silent. */
export function makeOutputReader({ redis, ask, hosts, past, log }: Parts): ReadOutput {
  async function ofHost(task: Task, { run, ...wanted }: Wanted): Promise<Reading> {
    const host = hostOf(task, run);
    if (host === undefined) return "none";
    const isLive = isRunning(task, run);
    // One that has gone would have to be waited for in vain.
    if (!isLive && !(await hosts()).some(({ id, alive }) => id === host && alive)) return "silent";
    const answer = await ask(host, { task: task.spec.id, run, ...wanted });
    return answer === "gone" ? "none" : answer;
  }

  async function kept({ spec }: Task, { run, ...wanted }: Wanted): Promise<Piece | undefined> {
    const packed = (await readKeptOutput(redis, { task: spec.id, epoch: run })) ?? (await past(spec.id, run));
    const output = packed && (await unpackOutput(packed));
    return output && (await pieceOfKept(output, wanted));
  }

  return async (task, wanted) => {
    try {
      const found = await ofHost(task, wanted);
      return typeof found === "string" ? ((await kept(task, wanted)) ?? found) : found;
    } catch (error) {
      log.debug({ err: error, task: task.spec.id }, "what a run printed cannot be read now");
      return "silent";
    }
  };
}

const isRunning = ({ state, epoch }: Task, run: number): boolean => state.name === "running" && epoch === run;

/** Where the run is, or was. */
function hostOf(task: Task, run: number): string | undefined {
  const { state } = task;
  if (state.name === "running" && isRunning(task, run)) return state.host;
  return task.runs.find(({ number }) => number === run)?.host;
}
