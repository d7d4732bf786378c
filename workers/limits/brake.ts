/**
 * Holds processes to a share of the processor where no control group does: what they use beyond it they are stopped for (SIGSTOP), until
 * time has made up for it. The debt is measured, so the share is held on average however seldom anybody looks.
 */
import { type Process, signal } from "../sandbox/processes.ts";

/** How often to look at processes that use much of what they may, ms; */
const BUSY_MS = 250;
/** and sooner, to this, where many cores would have them stopped for longer than that. */
const [SOONEST_MS, LONGEST_STOP_MS] = [50, 2_000];
/** And at those that do not: what they use in between is made up for, too. */
const QUIET_MS = 1_000;
/** What was not used may be used later, up to so much of time, ms. */
const SAVED_MS = 500;
/** A stop is looked at again after this, ms: something may have been started while it was made. */
const STOP_LOOK_MS = 250;

export type Brake = {
  /** `worked`: what the processes have used so far, ms. Gives when to look again, in ms. */
  look(at: number, worked: number): number;
  /** Lets them go on for good. */
  release(): void;
};

/** `processes`: those there are now. */
export function makeBrake(
  cpuPercent: number,
  processes: () => readonly Pick<Process, "pid" | "state">[],
  send: (pid: number, name: NodeJS.Signals) => unknown = signal,
): Brake {
  const share = cpuPercent / 100;
  let last: { at: number; worked: number } | undefined;
  let allowance = share * SAVED_MS;
  let stopped = false;
  /** How many cores they took when they were let. */
  let cores = 0;
  const untilBusyLook = () =>
    cores <= share ? BUSY_MS : Math.max(SOONEST_MS, Math.min(BUSY_MS, (LONGEST_STOP_MS * share) / (cores - share)));
  const go = () => {
    for (const { pid } of processes()) send(pid, "SIGCONT");
    stopped = false;
  };
  const stop = () => {
    for (const { pid, state } of processes()) if (state !== "T") send(pid, "SIGSTOP");
    stopped = true;
  };
  return {
    look(at, worked) {
      if (!last) {
        last = { at, worked };
        go(); // an earlier life of the host may have died while they were stopped
        return SOONEST_MS;
      }
      const [ms, used] = [at - last.at, Math.max(0, worked - last.worked)];
      last = { at, worked };
      if (!stopped && ms > 0) cores = used / ms;
      // Connections do not wait for ever: what would take longer to make up for is forgiven.
      const most = share * LONGEST_STOP_MS;
      allowance = Math.max(-most, Math.min(share * SAVED_MS, allowance + ms * share - used));
      if (allowance < 0) {
        stop();
        return Math.min(STOP_LOOK_MS, Math.ceil(-allowance / share));
      }
      const goesOn = stopped;
      if (goesOn) go();
      return goesOn || used > (ms * share) / 2 ? untilBusyLook() : QUIET_MS;
    },
    release() {
      if (stopped) go();
    },
  };
}
