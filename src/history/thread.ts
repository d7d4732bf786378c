/**
 * The thread that has a history's file open, so that no disk and no long sum holds the bot up. It does what it is asked, in order. Where a part of the file
 * turns out to be broken, whoever asked is told so, and from then on there is a new one.
 */
import { parentPort, workerData } from "node:worker_threads";
import { readArms } from "./arms.ts";
import { isBroken, openHistory, putAside, type Writing } from "./history-file.ts";
import { readStats, type StatsQuery } from "./stats.ts";

export type Asked = { nth: number } & (
  | { what: "place" }
  | { what: "write"; writing: Writing }
  | { what: "rebuilt"; place: string }
  | { what: "trim"; now: number }
  | { what: "stats"; query: StatsQuery }
  | { what: "output"; task: string; epoch: number }
  | { what: "arms"; now: number }
  | { what: "close" }
);
export type Answered = { nth: number } & ({ answer: unknown } | { error: string });

const { path } = workerData as { path: string };
let file = openHistory(path);

function beginAnew(): void {
  file.close();
  putAside(path);
  file = openHistory(path);
}

function answer(asked: Asked): unknown {
  switch (asked.what) {
    case "place":
      return file.place();
    case "write":
      return file.write(asked.writing);
    case "rebuilt":
      return file.write({ tasks: [], place: { from: file.place(), to: asked.place } });
    case "trim":
      return file.trim(asked.now);
    case "stats":
      return readStats(file.db, asked.query);
    case "output":
      return file.output(asked.task, asked.epoch);
    case "arms":
      return readArms(file.db, asked.now);
    case "close":
      return file.close();
  }
}

parentPort?.on("message", (asked: Asked) => {
  const { nth } = asked;
  try {
    parentPort?.postMessage({ nth, answer: answer(asked) } satisfies Answered);
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (isBroken(error)) beginAnew();
    parentPort?.postMessage({ nth, error: said } satisfies Answered);
  }
  if (asked.what === "close") parentPort?.close();
});
