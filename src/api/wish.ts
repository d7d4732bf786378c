/** What a program asks for, as it says it: the words and the settings that a person has as well, read by the same rules. */
import { z } from "zod";
import type { Command } from "../command/command.ts";
import { detailsOf, MAX_DETAILS } from "../command/details.ts";
import { MAX_INSTRUCTION } from "../command/meaning.ts";
import { REQUEST_SETTINGS, SETTING_NAMES, type SettingName, type Settings } from "../command/verbs.ts";

/** A request by a program has one command. */
export const LINE = 1;

const settingText = (name: SettingName) =>
  z
    .string()
    .trim()
    .max(300)
    .refine((value) => REQUEST_SETTINGS[name].read(value) !== undefined, `must be ${REQUEST_SETTINGS[name].values}`)
    .describe(REQUEST_SETTINGS[name].does);

export const wishShape = z
  .strictObject({
    repository: z
      .string()
      .max(140)
      .regex(/^[\w.-]+\/[\w.-]+$/, "must be owner/name")
      .optional()
      .describe("owner/name; may be left out where the token is good for one repository only."),
    instruction: z
      .string()
      .trim()
      .min(1)
      .max(MAX_DETAILS)
      .refine((text) => (text.split(/[\r\n]/, 1)[0] ?? "").length <= MAX_INSTRUCTION, {
        error: `its first line may have at most ${MAX_INSTRUCTION} characters`,
      })
      .describe("What is to be done. Its first line is what the task is called by."),
    issue: z
      .int()
      .positive()
      .max(2 ** 31)
      .optional()
      .describe("An issue or pull request: the task is reported there as well. Without one you alone hear of it."),
    agent: settingText("agent").optional(),
    model: settingText("model").optional(),
    base: settingText("base").optional(),
    priority: settingText("priority").optional(),
    budget: settingText("budget").optional(),
    plan: z.boolean().optional().describe("The agent proposes first; a person approves that under the issue."),
    team: z
      .boolean()
      .optional()
      .describe("Several agents work on it by a plan, which a person approves under the issue."),
  })
  .refine(({ plan, team, issue }) => !(plan || team) || issue !== undefined, {
    error: "what is proposed is approved by a person under an issue: name one",
    path: ["issue"],
  })
  .refine(({ plan, team }) => !(plan && team), { error: "a team proposes anyway", path: ["plan"] })
  .meta({ id: "Wish" });

export type Wish = z.output<typeof wishShape>;

/** The command that a person would have written. */
export function commandOf({ instruction: said, plan, team, ...wish }: Wish): Command {
  const [instruction = "", ...below] = said.split(/\r\n|\n|\r/);
  const settings = settingsOf(wish);
  const rest = { ...(settings && { settings }), ...detailsOf(below) };
  if (team) return { kind: "team", line: LINE, words: instruction, ...rest };
  if (plan) return { kind: "plan", line: LINE, words: instruction, ...rest };
  return { kind: "task", line: LINE, instruction, ...rest };
}

function settingsOf(wish: Omit<Wish, "instruction" | "plan" | "team">): Settings | undefined {
  const set = SETTING_NAMES.flatMap((name) => {
    const value = wish[name] === undefined ? undefined : REQUEST_SETTINGS[name].read(wish[name]);
    return value === undefined ? [] : [[name, value]];
  });
  return set.length === 0 ? undefined : (Object.fromEntries(set) as Settings);
}
