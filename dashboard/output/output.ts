/** All that the dashboard shows of what programs print, made once for each of its connections. */
import type { Redis } from "ioredis";
import type { Logger } from "pino";
import { makeHistory } from "../../src/history/history.ts";
import type { HostView } from "../../src/task/hosts.ts";
import type { TaskStore } from "../../src/task/store.ts";
import { type AskChanges, makeHostAsker } from "./ask-host.ts";
import { type LastLines, makeLastLines } from "./last-lines.ts";
import { type LiveOutput, makeLiveOutput } from "./live-output.ts";
import { makeOutputReader, type ReadOutput } from "./read-output.ts";

export type OutputDeps = {
  redis: Redis;
  subscriber: Redis;
  store: Pick<TaskStore, "read" | "readMany">;
  hosts: () => Promise<HostView[]>;
  historyFile?: string | undefined;
  now: () => number;
  log: Pick<Logger, "debug" | "warn">;
};

export type Output = { live: LiveOutput; read: ReadOutput; lastLines: LastLines; changes: AskChanges };

const made = new WeakMap<Redis, Output>();

/** The same for the same connection: viewers of one task share what there is of it. */
export function outputOf(deps: OutputDeps): Output {
  const known = made.get(deps.subscriber);
  if (known) return known;
  const { redis, store, hosts, historyFile, now, log } = deps;
  const { ask, changes } = makeHostAsker(deps);
  const history = historyFile === undefined ? undefined : makeHistory(historyFile);
  // Without the file there is only less to be seen.
  const past = async (task: string, run: number) =>
    await history?.output(task, run).catch((error: unknown) => {
      log.warn({ err: error }, "what a run printed cannot be read in the history");
      return undefined;
    });
  const read = makeOutputReader({ redis, ask, hosts, past, log });
  const output = { live: makeLiveOutput({ ...deps }), read, lastLines: makeLastLines({ store, read, now }), changes };
  made.set(deps.subscriber, output);
  return output;
}
