/** `schedules` in a repository's file: what is asked for at which times, without a person who asks. */
import { z } from "zod";
import { shownText } from "../text/shown.ts";
import { CLOSEST_MINUTES, CRON_PATTERN, isTimeZone, problemOfCron, TIME_ZONE_PATTERN } from "./cron.ts";

const MAX_SCHEDULES = 20;
const MAX_REQUEST = 4_000;

const cron = z
  .string()
  .max(100)
  .superRefine((text, context) => {
    const problem = problemOfCron(text);
    if (problem !== undefined) context.addIssue(`"${text}" ${problem}`);
  })
  .meta({ pattern: CRON_PATTERN.source })
  .describe(
    `When it comes: a cron expression of five fields (minute, hour, day of month, month, day of week), at most every ${CLOSEST_MINUTES} minutes.`,
  );

const timezone = z
  .string()
  .max(64)
  .refine((name) => TIME_ZONE_PATTERN.test(name) && isTimeZone(name), {
    error: ({ input }) => `"${input}" is no time zone: give an IANA name, such as Europe/Berlin or UTC`,
  })
  .meta({ pattern: TIME_ZONE_PATTERN.source })
  .describe("The clock by which the times are meant: an IANA name, such as Europe/Berlin. UTC by default.");

const request = z
  .string()
  .max(MAX_REQUEST)
  .refine((text) => shownText(text) !== "", "is empty: say what is to be done")
  .refine((text) => !/^\s*\/orch\b/i.test(text), "is the request alone: leave /orch out")
  .refine((text) => !text.includes("\0"), "must not contain a NUL character")
  .meta({ pattern: "\\S" })
  .describe("What is asked for, as behind /orch in a comment. Further lines belong to it.");

const schedule = z.strictObject({
  cron,
  timezone: timezone.optional(),
  run: request,
  issue: z
    .int()
    .min(1)
    .max(2_147_483_647)
    .optional()
    .describe("Number of the issue or pull request that it belongs to. Without one Orch opens an issue for it."),
  agent: z.string().min(1).max(64).optional().describe("Name of one of the operator's agents, instead of the file's."),
});

export const schedulesSchema = z
  .record(z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/, "a schedule's name has at most 40 of a-z, 0-9 and -"), schedule)
  .refine((all) => Object.keys(all).length <= MAX_SCHEDULES, `expected at most ${MAX_SCHEDULES} schedules`)
  .meta({ maxProperties: MAX_SCHEDULES });

/** Of the request the first line, and what stands below it. */
export const schedulesOf = (written: z.output<typeof schedulesSchema>) =>
  Object.entries(written).map(([name, { run, timezone = "UTC", ...rest }]) => {
    const [instruction = "", ...below] = run.trim().split(/\r?\n/);
    const details = below.join("\n").trim();
    return { name, timezone, ...rest, instruction: instruction.trim(), ...(details !== "" && { details }) };
  });

/** One of them, with its name. */
export type WrittenSchedule = ReturnType<typeof schedulesOf>[number];
