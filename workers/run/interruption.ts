/** Why a run stops before its agent has ended by itself. */
import type { CancelReason } from "../../src/task/outcome.ts";

export type Interruption =
  /** Somebody asked to stop. */
  | { kind: "cancel"; reason: CancelReason }
  /** The task is settled: somebody opened the pull request, or the bot gave it up. */
  | { kind: "settled" }
  /** Another host has the task now. */
  | { kind: "superseded" }
  /** It has too much on the disk; `message` says so to people. */
  | { kind: "disk"; message: string }
  /** Its agent goes round in circles: so often it made this call, with the same result. */
  | { kind: "stalled"; call: string; times: number }
  /** This host process ends on purpose; its next life goes on with the run. */
  | { kind: "handover" };
