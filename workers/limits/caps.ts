/** What of a run's limits the kernel holds for each process or user by itself: set inside of the sandbox, before its program begins. */
import { readFileSync } from "node:fs";
import type { Resources } from "../../src/settings/resources.ts";
import type { InForce } from "../../src/task/in-force.ts";
import type { Caps } from "../sandbox/confinement.ts";
import { MB } from "./group.ts";
import { watched } from "./in-force.ts";

/**
 * Where the host looks after the memory by itself, one process could have taken all of the machine's between two looks. What a program
 * reserves and never uses counts here, so this is far above what it may have.
 */
const dataOf = (memoryBytes: number): number => 2 * memoryBytes + 1_024 * MB;

export function capsOf({ processes, openFiles, memoryMegabytes }: Resources, held: InForce): Caps {
  const memory = watched(held, "memory");
  return {
    ...(processes !== undefined && { processes }),
    ...(openFiles !== undefined && { openFiles: Math.min(openFiles, mostOpenFiles()) }),
    ...(memoryMegabytes !== undefined && { memoryBytes: memoryMegabytes * MB }),
    ...(memory !== undefined && { dataBytes: dataOf(memory) }),
  };
}

/** Nobody but root can have more than the host itself, and whoever asks for it does not start. */
export function mostOpenFiles(limits = readFileSync("/proc/self/limits", "utf8")): number {
  const most = Number(/^Max open files\s+\S+\s+(\d+)/m.exec(limits)?.[1]);
  return Number.isNaN(most) ? Number.POSITIVE_INFINITY : most;
}
