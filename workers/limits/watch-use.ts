/**
 * Follows what a step's programs use: how much memory at most, and how much processor time; tells when the end of the memory is near, and
 * when a limit is reached. A control group knows by itself and is asked seldom; without one the host looks at the processes, the sooner the
 * nearer they are to a limit.
 */
import type { Logger } from "pino";
import type { Resources } from "../../src/settings/resources.ts";
import type { InForce, OverLimit } from "../../src/task/in-force.ts";
import { bytes } from "../../src/text/amounts.ts";
import { untilMultipleOf } from "../../src/until-multiple.ts";
import type { Process } from "../sandbox/processes.ts";
import { type Brake, makeBrake } from "./brake.ts";
import { type Group, MB, SOFT, type Usage } from "./group.ts";
import { watched } from "./in-force.ts";
import { useOf } from "./process-use.ts";

/** How often to look where nothing has to be acted upon, ms; and at most, at programs that have done nothing since the last look. */
const [SELDOM_MS, RARELY_MS] = [10_000, 40_000];
/** Where the kernel ends what has too much memory, and tells only who asks, ms. */
const ASK_MS = 1_000;
/** Between two looks at processes that may have so much memory and no more, ms: the more is left, the longer. */
const [NEAR_MS, FAR_MS] = [250, 2_000];

export type Use = { peakRssBytes: number; cpuMs: number };

export type UseOptions = {
  resources: Resources;
  held: InForce;
  /** Undefined: the processes are looked at. */
  group: Group | undefined;
  /** Of the step, as there are now. */
  processes: () => readonly Process[];
  /** What an earlier life of the host saw. */
  before?: Use | undefined;
  /** Says something of the programs, among what they say themselves. */
  tell(text: string): void;
  log: Pick<Logger, "warn">;
  /** For tests. */
  now?: () => number;
};

export type UseWatch = {
  /** Resolves when a limit is reached for which the programs are to be ended. */
  over: Promise<OverLimit>;
  use(): Use;
  /** Of programs that have ended: whether the kernel did that, for their memory. */
  reached(): OverLimit | undefined;
  /** Looks a last time; who was held back is let go. */
  stop(): void;
};

export function watchUse(options: UseOptions): UseWatch {
  const { resources, held, group, processes, tell, log, now = () => performance.now() } = options;
  const { promise: over, resolve } = Promise.withResolvers<OverLimit>();
  const allowed = (resources.memoryMegabytes ?? 0) * MB;
  const [memory, count, share] = [watched(held, "memory"), watched(held, "processes"), watched(held, "cpu")];
  const brake: Brake | undefined = share === undefined ? undefined : makeBrake(share, processes);
  const use: Use = { peakRssBytes: 0, cpuMs: 0, ...options.before };
  let warned = false;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;
  let worked: number | undefined;
  let pauseMs = SELDOM_MS;

  const measured = (): Usage | undefined =>
    group ? group.read() : useOf(processes(), memory === undefined ? undefined : memory * SOFT);
  const reached = (): OverLimit | undefined =>
    allowed > 0 && group?.ranOutOfMemory() ? { limit: "memory", used: allowed, allowed } : undefined;

  function note(seen: Usage): void {
    use.peakRssBytes = Math.max(use.peakRssBytes, seen.memoryBytes);
    use.cpuMs = Math.max(use.cpuMs, seen.cpuMs);
    if (warned || allowed === 0 || seen.memoryBytes < allowed * SOFT) return;
    warned = true;
    tell(
      `[its programs use ${bytes(seen.memoryBytes)} of memory, and may use ${bytes(allowed)}: beyond that they are ended]`,
    );
  }

  function limitReached(seen: Usage): OverLimit | undefined {
    if (memory !== undefined && seen.memoryBytes > memory)
      return { limit: "memory", used: seen.memoryBytes, allowed: memory };
    if (count !== undefined && seen.processes > count)
      return { limit: "processes", used: seen.processes, allowed: count };
    return reached();
  }

  /** When to look again, ms. */
  function look(): number {
    const seen = measured();
    if (!seen) return untilMultipleOf(SELDOM_MS, now());
    note(seen);
    const end = limitReached(seen);
    if (end) resolve(end);
    // An agent waits for its model most of the time.
    pauseMs = seen.cpuMs === worked ? Math.min(pauseMs * 2, RARELY_MS) : SELDOM_MS;
    worked = seen.cpuMs;
    const waits = [untilMultipleOf(pauseMs, now())];
    if (brake) waits.push(brake.look(now(), seen.cpuMs));
    if (memory !== undefined) waits.push(untilNear(seen.memoryBytes, memory));
    if (count !== undefined) waits.push(untilMultipleOf(FAR_MS, now()));
    if (group && allowed > 0 && memory === undefined) waits.push(untilMultipleOf(ASK_MS, now()));
    return Math.min(...waits);
  }

  /** What cannot be looked at now may be the next time. */
  function lookSafely(): number {
    try {
      return look();
    } catch (error) {
      log.warn({ err: error }, "what the step's programs use cannot be seen to");
      return untilMultipleOf(SELDOM_MS, now());
    }
  }

  function keepLooking(): void {
    if (!stopped) timer = setTimeout(keepLooking, lookSafely());
  }

  keepLooking();
  return {
    over,
    use: () => ({ ...use }),
    reached,
    stop() {
      if (stopped) return;
      stopped = true;
      clearTimeout(timer);
      brake?.release();
      const seen = measured();
      if (seen) note(seen);
    },
  };
}

const untilNear = (used: number, allowed: number): number =>
  Math.max(NEAR_MS, Math.min(FAR_MS, (1 - used / allowed) * FAR_MS));
