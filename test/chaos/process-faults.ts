/**
 * Kills and freezes of every process that Orch is made of. What was killed is started again after a moment, as whoever keeps
 * services up does; what was frozen thaws. A process has one fault at a time, different ones have them together.
 */
import { setTimeout as delay } from "node:timers/promises";
import { signal } from "../../workers/sandbox/processes.ts";
import type { Orch } from "../support/orch.ts";
import type { Program } from "../support/program.ts";
import type { Random } from "../support/random.ts";
import { agentsOf, tmuxServersOf } from "./processes.ts";
import type { Tally } from "./tally.ts";

/** `hold`: stops it and gives what lets it go on; neither where there is no such process at the moment. */
type Target = {
  name: string;
  kill(downMs: number): Promise<void> | undefined;
  hold(): (() => void) | undefined;
};

export type ProcessFaults = {
  /** Begins one at random. Nothing happens where its process has a fault already, or does not run. */
  strike(): void;
  /** Does what must not meet a fault of these. */
  without<T>(names: readonly string[], deed: () => Promise<T>): Promise<T>;
  /** Resolves when everything runs again. Rejects when something could not be started. */
  calm(): Promise<void>;
};

/** `ownEnds`: programs that ended and that nobody had killed. */
export type Tallies = { faults: Tally; ownEnds: Tally };

/** Beyond every lease and time-out of Orch's. */
const ONE_IN_LONG = 8;
const LOOK_MS = 50;

export function makeProcessFaults(
  orch: Orch,
  random: Random,
  { faults, ownEnds }: Tallies,
  { longestFreezeMs }: { longestFreezeMs: number },
): ProcessFaults {
  const programs = programsOf(orch);
  const targets = [...programs.map(targetOf), redisOf(orch), ...passersBy(orch, random)];
  /** By the target's name. */
  const busy = new Map<string, Promise<void>>();

  function occupy(name: string, deed: Promise<void>): void {
    busy.set(name, deed);
    // A failure stays, for `calm` to tell.
    deed.then(
      () => busy.delete(name),
      () => {},
    );
  }

  /** Nobody has killed it, and it does not run. */
  function raise(): void {
    for (const { name, program } of programs)
      if (!busy.has(name) && !program.isRunning()) {
        ownEnds.add(name);
        occupy(name, revive(program));
      }
  }

  return {
    strike() {
      raise();
      // Always the same draws, whatever is there to be hit.
      const [target, isKill, downMs] = [random.pick(targets), random.below(2) === 0, random.below(3_000)];
      const isLong = random.below(ONE_IN_LONG) === 0;
      const frozenMs = 200 + random.below(isLong ? longestFreezeMs : Math.min(8_000, longestFreezeMs));
      if (busy.has(target.name)) return;
      const release = isKill ? undefined : target.hold();
      const deed = isKill ? target.kill(downMs) : release && delay(frozenMs).then(release);
      if (!deed) return;
      faults.add(`${target.name} ${isKill ? "killed" : "frozen"}`);
      occupy(target.name, deed);
    },
    async without(names, deed) {
      while (names.some((name) => busy.has(name))) await Promise.all(names.map((name) => busy.get(name)));
      const { promise, resolve } = Promise.withResolvers<void>();
      for (const name of names) occupy(name, promise);
      return await deed().finally(resolve);
    },
    async calm() {
      await Promise.all(busy.values());
      raise();
      await Promise.all(busy.values());
    },
  };
}

type Named = { name: string; program: Program };

const programsOf = ({ bot, otherBot, host }: Orch): Named[] => [
  { name: "bot", program: bot },
  ...(otherBot ? [{ name: "other bot", program: otherBot }] : []),
  { name: "worker host", program: host },
];

const targetOf = ({ name, program }: Named): Target => ({
  name,
  async kill(downMs) {
    await program.kill();
    await delay(downMs);
    await revive(program);
  },
  hold: () => hold(program.pid()),
});

const redisOf = ({ redisServer }: Orch): Target => ({
  name: "Redis",
  async kill(downMs) {
    await redisServer.kill();
    await delay(downMs);
    await redisServer.restart();
  },
  hold: () => {
    redisServer.freeze();
    return redisServer.thaw;
  },
});

/** Nobody here starts them again: that is the worker host's task. */
function passersBy(orch: Orch, random: Random): Target[] {
  const target = (name: string, find: (orch: Orch) => number[]): Target => {
    const one = () => {
      const found = find(orch);
      return found.length > 0 ? random.pick(found) : undefined;
    };
    return {
      name,
      kill() {
        const pid = one();
        return pid !== undefined && signal(pid, "SIGKILL") ? Promise.resolve() : undefined;
      },
      hold() {
        const pid = one();
        return pid === undefined ? undefined : hold(pid);
      },
    };
  };
  return [target("agent", agentsOf), target("tmux server", tmuxServersOf)];
}

function hold(pid: number): (() => void) | undefined {
  return signal(pid, "SIGSTOP") ? () => void signal(pid, "SIGCONT") : undefined;
}

/** A program may end at its start, for instance because Redis is away: it is started until it stays. */
async function revive(program: Program): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await program.start();
    } catch (error) {
      if (tries === 100) throw error;
      await delay(LOOK_MS * Math.min(tries, 20));
    }
  }
}
