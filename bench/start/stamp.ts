/** An agent whose first action is to write down the time: the same program on both sides, read from the file it wrote. */
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";

/** For `sh -c`. Nanoseconds since 1970. */
export const stampScript = "date +%s%N";

const WITHIN_MS = 30_000;
/** The time stands in the file, so it may be looked for at leisure. */
const LOOK_MS = 10;

/** Waits for the line in the file; the time is Unix ms with fractions. */
export async function readStamp(path: string): Promise<number> {
  for (const giveUpAt = Date.now() + WITHIN_MS; ; await delay(LOOK_MS)) {
    const text = await readFile(path, "utf8").catch(() => ""); // not there yet
    const [, stamp] = /^(\d{19})\n/m.exec(text) ?? [];
    if (stamp !== undefined) return Number(stamp) / 1e6;
    if (Date.now() > giveUpAt) throw new Error(`${path} has no time in it`);
  }
}
