/**
 * What the programs of one run may use of their machine. The operator says so for all runs, and less for an agent or a role; a repository
 * says less for its own. The least that anybody says counts: nobody can widen what another has narrowed.
 */
import { z } from "zod";

export const cpuPercent = z
  .number()
  .int()
  .min(5)
  .max(100_000)
  .describe("Processor time that one run may have at most, in percent of one core: 50, or 200 for two cores.");
export const memoryMegabytes = z
  .number()
  .int()
  .min(32)
  .max(100_000_000)
  .describe("Memory that all programs of one run may have together, in megabytes; beyond it they are ended.");
export const processes = z
  .number()
  .int()
  .min(16)
  .max(4_000_000)
  .describe("Processes and threads that one run may have at once.");
export const openFiles = z
  .number()
  .int()
  .min(64)
  .max(1_000_000_000)
  .describe("Files that each process of a run may have open at once.");
export const runDiskGigabytes = z
  .number()
  .min(0.001)
  .max(10_000)
  .describe("What one run may have on the disk, in gigabytes: its workspace, home and temporary files.");

export const resourcesSchema = z.strictObject({
  cpuPercent: cpuPercent.optional(),
  memoryMegabytes: memoryMegabytes.optional(),
  processes: processes.optional(),
  openFiles: openFiles.optional(),
  runDiskGigabytes: runDiskGigabytes.optional(),
});

const NAMES = ["cpuPercent", "memoryMegabytes", "processes", "openFiles", "runDiskGigabytes"] as const;

/** What is left out is not limited. */
export type Resources = { [Name in (typeof NAMES)[number]]?: number | undefined };

/** Of each the least that somebody says. */
export function leastOf(...all: readonly (Resources | undefined)[]): Resources {
  const least: Resources = {};
  for (const name of NAMES) {
    const said = all.flatMap((each) => each?.[name] ?? []);
    if (said.length > 0) least[name] = Math.min(...said);
  }
  return least;
}

/** As a host notes it down of a run: what a newer one adds is left out. */
export const resourcesShape = z.object({
  cpuPercent: z.number().optional(),
  memoryMegabytes: z.number().optional(),
  processes: z.number().optional(),
  openFiles: z.number().optional(),
  runDiskGigabytes: z.number().optional(),
});
