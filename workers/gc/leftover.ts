/** What may be left behind on a worker host's machine: each piece with how it is removed, and how to see that it is gone. */
import type { Shared } from "../run/run.ts";
import type { Records } from "./records.ts";

/** In the order in which they are removed: what runs before what it works on. */
export const LEFTOVER_KINDS = [
  "session",
  "process",
  "group",
  "run",
  "checkpoint",
  "kept_session",
  "setup",
  "plan",
  "mirror",
  "folder",
  "socket",
  "beat",
  "host",
  "offer",
  "output",
] as const;
export type LeftoverKind = (typeof LEFTOVER_KINDS)[number];

export type Leftover = {
  kind: LeftoverKind;
  /** A task's id, a host's, or a path below the data folder. */
  name: string;
  /** Asked right before it is removed: whether it may be, by what is known then. */
  mayGo(): Promise<boolean>;
  remove(): Promise<void>;
  isThere(): Promise<boolean>;
};

/**
 * Where it is looked for. `beside`: a worker host is at work with this data folder, so what only its own process can know to be nobody's is left
 * to it. `force`: also what is kept for people and for later tasks, before its time.
 */
export type GcGround = Pick<Shared, "dataDir" | "hostId" | "store" | "operator"> & {
  records: Records;
  beside: boolean;
  force: boolean;
};
