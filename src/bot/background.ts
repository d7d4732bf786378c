/**
 * What a bot does without being asked: it takes in what is in the inbox, starts tasks, makes GitHub show them, asks what schedules
 * ask, looks after what was cut off, lost or forgotten, and remembers what is over.
 */
import { createHmac } from "node:crypto";
import { join } from "node:path";
import type { Budget } from "../budget.ts";
import type { BotConfig } from "../config.ts";
import { makeDispatcher } from "../dispatch/dispatcher.ts";
import { makeRounds } from "../dispatch/rounds.ts";
import { type History, makeHistory } from "../history/history.ts";
import { keepHistory } from "../history/keep-history.ts";
import { startIntake } from "../intake/intake.ts";
import { startLookingBack } from "../reconcile/look-back.ts";
import { startReconciling } from "../reconcile/reconcile.ts";
import { watchRedisAge } from "../reconcile/redis-age.ts";
import { type Round, startRound } from "../reconcile/round.ts";
import { makeReporter } from "../report/reporter.ts";
import { makeArmSource } from "../routing/arm-source.ts";
import { type Schedules, startSchedules } from "../schedules/schedules.ts";
import { keys } from "../task/keys.ts";
import { VERSION } from "../task/version.ts";
import { tellTraces } from "../traces/tell-traces.ts";
import { readTeam } from "../views/read-team.ts";
import { wakeByMessages } from "../wake-by-messages.ts";
import type { Ahead } from "../workers-api/ahead.ts";
import { findPushed } from "../workers-api/find-pushed.ts";
import type { BotParts } from "./parts.ts";

export type BackgroundDeps = BotParts & { budget: Budget; ahead: Ahead };

export type Background = {
  schedules: Schedules;
  /** Something stands in the inbox: look in so many ms, at once if none are given. */
  wakeIntake(inMs?: number): void;
  /** Begins nothing new and waits for what is under way. */
  stop(): Promise<void>;
};

const TRACES_EVERY_MS = 5_000;

/** The folder of the bot's socket has to be there. */
export function startBackground({ config, storage, github, budget, ahead, now, log }: BackgroundDeps): Background {
  const { redis, subscriber, store } = storage;
  const kept = { ...storage, now, log };
  const secret = createHmac("sha256", config.webhookSecret).update("orch markers").digest("hex");
  const file = join(config.botFolder, "last-seen");
  const age = watchRedisAge({ redis, file, onOlder: () => lookingBack.soon(0), log });
  const past = config.historyFile === undefined ? undefined : makeHistory(config.historyFile);
  const dispatcher = makeDispatcher({ ...kept, router: past && routerBy(past), onStarting: ahead.begin });
  const reporter = makeReporter({
    ...kept,
    hasForgotten: age.hasForgotten,
    github,
    budget,
    labels: config.labels,
    commitStatus: config.commitStatus,
    secret,
    webUrl: config.github.webUrl,
    followUp: makeRounds({ store, dispatcher, now, log }),
    teamOf: (task) => readTeam(store, task),
  });
  const sweep = startReconciling({ ...kept, findPushed: (task) => findPushed(github, task) });
  const intake = startIntake({ ...kept, github, markerSecret: secret, dispatcher });
  const wakeIntake = (inMs?: number) => {
    intake.wake(inMs);
    age.soon();
  };
  const asking = { ...kept, github, secret, wakeIntake };
  const schedules = startSchedules(asking);
  const lookingBack = startLookingBack(asking);
  reporter.start(subscriber);
  dispatcher.start(subscriber);
  const requested = wakeByMessages(subscriber, { channel: keys.requested, about: "requests", wake: wakeIntake, log });
  const history = past && keepHistory({ redis, store, history: past, now, log });
  const traces = config.traces && startTraces(config.traces);

  function routerBy({ arms: read }: History) {
    return { arms: makeArmSource({ read, now, log }), maxCostUsd: config.routingMaxCostUsd };
  }

  function startTraces(collector: NonNullable<BotConfig["traces"]>): Round {
    const telling = { redis, store, collector, version: VERSION, log };
    const work = async (keepOn: () => Promise<void>) => void (await tellTraces(telling, keepOn));
    return startRound({ redis, name: "traces", everyMs: TRACES_EVERY_MS, work, now, log });
  }

  return {
    schedules,
    wakeIntake,
    stop: async () => {
      age.stop();
      requested.stop();
      await Promise.all([
        lookingBack.stop(),
        schedules.stop(),
        intake.stop(),
        dispatcher.stop(),
        sweep.stop(),
        reporter.stop(),
      ]);
      await Promise.all([history?.stop(), traces?.stop()]);
    },
  };
}
