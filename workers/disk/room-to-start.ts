/**
 * A program of ours that is started on a full disk waits for room, and says so: it would fail at the first file that it writes,
 * and be started again and again.
 */
import { setTimeout as delay } from "node:timers/promises";
import { bytes as inWords } from "../../src/text/amounts.ts";
import { spaceOf } from "./free-space.ts";
import { releaseReserve } from "./reserve.ts";

/** What a start writes, by far, in bytes. */
const START_BYTES = 8 * 1024 ** 2;
const LOOK_MS = 1_000;

export type StartOptions = {
  dataDir: string;
  /** Told once, when it has to wait. */
  say: (text: string) => void;
  /** Told when there is room after a wait. */
  onRoom?: () => void;
  lookMs?: number;
};

/** Resolves when there is room. The reserve is given up first. */
export async function waitForRoom({ dataDir, say, onRoom, lookMs = LOOK_MS }: StartOptions): Promise<void> {
  let waited = false;
  for (;;) {
    const { freeBytes } = spaceOf(dataDir);
    if (freeBytes >= START_BYTES) break;
    if (releaseReserve(dataDir)) continue;
    if (!waited) say(noRoom(dataDir, freeBytes));
    waited = true;
    await delay(lookMs);
  }
  if (waited) onRoom?.();
}

const noRoom = (dataDir: string, freeBytes: number): string =>
  `The disk of ${dataDir} is full (${inWords(freeBytes)} free): waiting for room, ${inWords(START_BYTES)} at least. Remove what you can spare; it starts by itself then`;
