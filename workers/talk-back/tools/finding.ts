/**
 * Whoever reviews changes hands in what it finds, one by one. What is noted down here is posted when its run is over, by the bot; the same
 * finding again changes nothing.
 */
import { posix } from "node:path";
import { z } from "zod";
import { type Finding, REVIEW_LIMITS, SEVERITIES } from "../../../src/task/review.ts";
import { isReview } from "../../run/review.ts";
import { Refused, tool } from "../tool.ts";

const { findings: most, path, text, suggestion } = REVIEW_LIMITS;

/** Below the repository's root, as git names it. */
const isPath = (given: string): boolean =>
  posix.normalize(given) === given && !posix.isAbsolute(given) && !/^\.\.?(\/|$)|\/$|[\0\r\n]/.test(given);

export const finding = tool({
  name: "finding",
  description: `Hand in one thing that is wrong with the changes that you review, with its place. It is posted on that line. At most ${most}; the same one again changes nothing. When all are handed in, or when there is none, call "finish".`,
  input: z.object({
    path: z
      .string()
      .trim()
      .min(1)
      .max(path)
      .refine(isPath, "the path of a file, as git names it: src/add.js, without ./ before it")
      .describe("The file, relative to the repository"),
    line: z
      .int()
      .min(1)
      .max(10_000_000)
      .optional()
      .describe("The line in the file as the changes leave it; left out where it is of no one line"),
    severity: z.enum(SEVERITIES).describe("high: wrong or unsafe. medium: wrong in rare cases. low: worth a change"),
    text: z.string().trim().min(1).max(text).describe("What is wrong, how it shows, and how to mend it"),
    suggestion: z
      .string()
      .min(1)
      .max(suggestion)
      .optional()
      .describe("Code that would stand in place of just that line, with its indentation; only where you are sure"),
  }),
  isFor: ({ run }) => isReview(run),
  async call({ run }, said) {
    if (!isReview(run)) throw new Refused("Only whoever reviews changes hands in findings. Go on with your work.");
    const { record } = run.folder;
    const { findings = [] } = record;
    if (findings.some((known) => isSame(known, said)))
      return `Noted down already: ${findings.length} of at most ${most}.`;
    if (findings.length >= most)
      throw new Refused(`${most} findings are noted down, and no more are taken. Name what is left in "finish".`);
    record.findings = [...findings, said];
    run.folder.save();
    return `Noted down: ${findings.length + 1} of at most ${most}.`;
  },
});

const isSame = (one: Finding, other: Finding): boolean =>
  one.path === other.path && one.line === other.line && one.text === other.text;
