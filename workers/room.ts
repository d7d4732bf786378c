/**
 * Room for another job, as whoever looks after it regularly finds it. While something is lacking this host takes no job, and says so; once nothing
 * is, everything goes on by itself. What is measured, and what is done about it, is not known here.
 */
import type { Logger } from "pino";
import { untilMultipleOf } from "../src/until-multiple.ts";

export type Room = {
  /** Whether a job may be taken. */
  isFree(): boolean;
  /** Resolves once that is so, or `wake` is called. */
  whenFree(): Promise<void>;
  wake(): void;
};

export type RoomKeeper = Room & {
  /** Looks once, and from then on regularly. */
  start(): Promise<void>;
  stop(): void;
};

export type RoomOptions<Lack> = {
  /** Tells Redis what is lacking now; undefined: nothing. */
  announce(lack: Lack | undefined): Promise<void>;
  /** What is told anew when it changes: passing numbers are not. */
  kindOf(lack: Lack): string;
  log: Logger;
};

/** How a room is looked after. `failed`: what is logged where a look has not succeeded; the next one comes all the same. */
export type Looking = { look(): Promise<void>; everyMs: () => number; failed: string };

export type WatchedRoom<Lack> = {
  /** What the last look has found lacking. */
  lack(): Lack | undefined;
  /** Whether that is news. */
  becomes(lack: Lack | undefined): boolean;
  /** Tells Redis, unless it knows. */
  tell(): Promise<void>;
  keptBy(looking: Looking): RoomKeeper;
};

export function watchRoom<Lack>({ announce, kindOf, log }: RoomOptions<Lack>): WatchedRoom<Lack> {
  let lacking: Lack | undefined;
  let announced = "";
  let news = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const kind = () => (lacking === undefined ? "" : kindOf(lacking));

  return {
    lack: () => lacking,
    becomes(lack) {
      const was = kind();
      lacking = lack;
      if (lack === undefined) news.resolve();
      return was !== kind();
    },
    async tell() {
      const now = kind();
      if (announced === now || stopped) return;
      await announce(lacking);
      announced = now;
    },
    keptBy({ look, everyMs, failed }) {
      async function keepLooking(): Promise<void> {
        await look().catch((error: unknown) => log.warn({ err: error }, failed));
        if (!stopped) timer = setTimeout(keepLooking, untilMultipleOf(everyMs()));
      }
      return {
        isFree: () => lacking === undefined,
        async whenFree() {
          if (lacking === undefined) return;
          news = Promise.withResolvers();
          await news.promise;
        },
        wake: () => news.resolve(),
        start: keepLooking,
        stop() {
          stopped = true;
          clearTimeout(timer);
          news.resolve();
        },
      };
    },
  };
}

/** Free where all are. */
export const bothRooms = (one: Room, other: Room): Room => ({
  isFree: () => one.isFree() && other.isFree(),
  whenFree: async () => void (await Promise.all([one.whenFree(), other.whenFree()])),
  wake() {
    one.wake();
    other.wake();
  },
});
