/** What the programs of a run may use of their machine, as it is in force there: how much, and by which mechanism that is held. */
import { z } from "zod";

/** `rlimit`: the kernel's limit for each process or user. `watchdog`: the host itself looks, and acts on what it sees. */
export const MECHANISMS = ["cgroup2", "cgroup1", "rlimit", "watchdog"] as const;
export type Mechanism = (typeof MECHANISMS)[number];

export const HELD = ["cpu", "memory", "processes", "open_files", "disk"] as const;

/** `most`: percent of a core, bytes, or how many. What is not limited is not named. */
export type Held = { what: (typeof HELD)[number]; most: number; by: Mechanism };
export type InForce = Held[];

/** A newer host may hold more, and otherwise. */
export const inForceShape = z.array(z.looseObject({ what: z.string(), most: z.number(), by: z.string() }));

/** What a run can be ended for. */
export const OVER = ["memory", "processes"] as const;

/** What was used, and how much may be: bytes, or how many. */
export type OverLimit = { limit: (typeof OVER)[number]; used: number; allowed: number };

export const overLimitShape = z.object({ limit: z.enum(OVER), used: z.number(), allowed: z.number() });
