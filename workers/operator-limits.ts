/** The operator's limits: how long a run may take and how much of machine and network it may use, what is kept of it, and when a host takes no more. */
import { z } from "zod";
import { cpuPercent, memoryMegabytes, openFiles, processes, runDiskGigabytes } from "../src/settings/resources.ts";

const minutes = (byDefault: number, meaning: string) =>
  z
    .number()
    .positive()
    .max(24 * 60)
    .default(byDefault)
    .describe(`${meaning}, in minutes.`);

export const limitsSchema = z
  .strictObject({
    preparingMinutes: minutes(20, "Longest time for fetching and checking out, GitHub's outages included"),
    firstOutputMinutes: minutes(5, "Longest time until the agent says anything at all, unless it is at work"),
    silenceMinutes: minutes(15, "Longest time without a word and without work from the agent"),
    totalMinutes: minutes(60, "Longest time for all of an agent's work on one task"),
    setupMinutes: minutes(15, "Longest time for a repository's setup command"),
    verifyMinutes: minutes(15, "Longest time for one run of the verify command"),
    publishingMinutes: minutes(15, "Longest time for checking the commits and pushing them"),
    verifyRounds: z
      .number()
      .int()
      .min(0)
      .max(10)
      .default(2)
      .describe("How often a failing check, or what stands in the way of publishing, is handed back to the agent."),
    changedFiles: z
      .number()
      .int()
      .min(1)
      .max(100_000)
      .default(3_000)
      .describe("How many files one change may add or change; those that it deletes do not count."),
    changedLines: z
      .number()
      .int()
      .min(1)
      .max(10_000_000)
      .default(200_000)
      .describe("How many lines one change may add; those that it deletes do not count."),
    changedFileMegabytes: z
      .number()
      .positive()
      .max(100)
      .default(10)
      .describe("By how much one file may grow, in megabytes; all of a change together by ten times as much."),
    checkpointMinutes: minutes(5, "How often what an agent has made so far is put aside while it works"),
    keepFailedDays: z
      .number()
      .min(0)
      .max(365)
      .default(3)
      .describe("How long what was not published of a task's work is kept; 0: not at all."),
    keepSessionDays: z
      .number()
      .min(0)
      .max(365)
      .default(7)
      .describe("How long an agent's session is kept for a later task to go on with; 0: not at all."),
    keepSetupDays: z
      .number()
      .min(0)
      .max(365)
      .default(7)
      .describe("How long what a setup command made is kept for the next place that needs the same; 0: not at all."),
    setupGigabytes: z
      .number()
      .min(0)
      .max(10_000)
      .default(10)
      .describe("What all that setup commands made may take on disk, in gigabytes; the longest unused goes first."),
    approvalDays: z
      .number()
      .positive()
      .max(90)
      .default(7)
      .describe("How long a task waits for a person to approve what its agent proposes, in days; then it ends."),
    answerHours: z
      .number()
      .positive()
      .max(30 * 24)
      .default(24)
      .describe("How long a task waits for the answer to a question of its agent, in hours; see onNoAnswer."),
    freeDiskGigabytes: z
      .number()
      .min(0.001)
      .max(10_000)
      .default(1)
      .describe("With less than this free on the disk of the data folder, in gigabytes, the host takes no task."),
    runDiskGigabytes: runDiskGigabytes.default(20),
    cpuPercent: cpuPercent.optional(),
    memoryMegabytes: memoryMegabytes.optional(),
    processes: processes.default(4_096),
    openFiles: openFiles.optional(),
    freeMemoryMegabytes: z
      .number()
      .int()
      .min(0)
      .max(100_000_000)
      .default(256)
      .describe("With less memory than this free on the machine, in megabytes, the host takes no task; 0: never mind."),
    busyPercent: z
      .number()
      .min(1)
      .max(100)
      .optional()
      .describe(
        "While the machine's processors are busier than this, in percent of all cores, the host takes no task.",
      ),
    connections: z
      .number()
      .int()
      .min(1)
      .max(4_096)
      .default(256)
      .describe("Connections to the outside that one sandbox may have open at once."),
    trafficGigabytes: z
      .number()
      .positive()
      .max(10_000)
      .default(20)
      .describe("What one step may send and receive together, in gigabytes."),
  })
  .prefault({});

export type Limits = z.output<typeof limitsSchema>;
