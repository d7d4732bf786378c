/**
 * Schedules of repositories. Their files are read at start, once a day, and whenever somebody pushes to a default branch;
 * each schedule stands in a due set by its next time. Of several bots one reads a file, and one asks.
 */
import type { Redis } from "ioredis";
import { startDueLoop } from "../due-loop.ts";
import { type Round, startRound } from "../reconcile/round.ts";
import { makeDueSet } from "../task/due-set.ts";
import { keys } from "../task/keys.ts";
import type { KnownRepository } from "../task/schedules.ts";
import { type ComeDeps, lookAtSchedule } from "./come.ts";
import { readFile } from "./read-file.ts";
import { survey } from "./survey.ts";

export type Schedules = {
  /** The repository's file may have changed. Durable when it resolves. */
  lookAgain(repository: KnownRepository): Promise<void>;
  /** So may which repositories there are. Durable when it resolves. */
  lookAtAll(): Promise<void>;
  /** Begins nothing any more and waits for what is under way. */
  stop(): Promise<void>;
};

type SchedulesDeps = ComeDeps & {
  redis: Redis;
  /** Whether Redis may be trusted. */
  isFit: () => boolean;
};

/** Looked at least this often, ms: another bot may have died. */
const SWEEP_MS = 5_000;
const FILES_AT_ONCE = 4;
const COMING_AT_ONCE = 8;
const SURVEY = "schedule-files";
const SURVEY_EVERY_MS = 24 * 3600_000;
const UNFIT_WAIT_MS = 15_000;

export function startSchedules(deps: SchedulesDeps): Schedules {
  const { redis, schedules, isFit, now, log } = deps;
  const surveys = makeDueSet(redis, keys.round(SURVEY));
  const files = startDueLoop({
    name: "schedule files",
    set: schedules.unread,
    atOnce: FILES_AT_ONCE,
    sweepMs: SWEEP_MS,
    work: async (taken) => {
      await readFile(deps, taken);
      coming.wake();
    },
    now,
    log,
  });
  const coming = startDueLoop({
    name: "schedules",
    set: schedules.due,
    atOnce: COMING_AT_ONCE,
    sweepMs: SWEEP_MS,
    work: (taken) => lookAtSchedule(deps, taken),
    now,
    log,
  });
  const round: Round = startRound({
    redis,
    name: SURVEY,
    everyMs: SURVEY_EVERY_MS,
    work: async (keepOn) => {
      if (!isFit()) return UNFIT_WAIT_MS;
      await survey(deps, keepOn);
      files.wake();
      return undefined;
    },
    now,
    log,
  });

  return {
    async lookAgain(repository) {
      await schedules.toBeRead(repository, now());
      files.wake();
    },
    async lookAtAll() {
      await surveys.plan(SURVEY, now());
      round.soon(0);
    },
    stop: async () => void (await Promise.all([round.stop(), files.stop(), coming.stop()])),
  };
}
