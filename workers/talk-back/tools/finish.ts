/** The agent says what its finished work is, before it ends: for whoever reviews it, and for whoever goes on from it. */
import { z } from "zod";
import { FINISH_LIMITS } from "../../../src/task/finish.ts";
import { isReadOnly } from "../../run/rights.ts";
import { passOnFinish } from "../pass-on.ts";
import { Refused, tool } from "../tool.ts";

const { title, summary, entries, entry } = FINISH_LIMITS;
const list = (what: string) => z.array(z.string().trim().min(1).max(entry)).max(entries).default([]).describe(what);

export const finish = tool({
  name: "finish",
  description:
    "Say what your finished work is, once it is committed and checked, right before you end. Title and summary become those of the pull request; the lists are for whoever goes on from your work. This does not end your work: end it yourself afterwards. Called again, it replaces what was said before.",
  input: z.object({
    title: z
      .string()
      .trim()
      .min(1)
      .max(title)
      .regex(/^[^\r\n]*$/, "one line")
      .describe("What it is, as a commit's subject would say it: one line"),
    summary: z.string().trim().min(1).max(summary).describe("What you changed and why, for whoever reviews it"),
    decisions: list("What you decided on the way, and why"),
    interfaces: list("What others can now build on: names, formats, commands"),
    followUps: list("What is left to do"),
  }),
  async call(talk, said) {
    const { run } = talk;
    // On disk first: from there it is told once more with the end of the agent's step.
    run.folder.record.finish = said;
    run.folder.save();
    await passOnFinish(talk, said).catch((error: unknown) => {
      if (!(error instanceof Refused)) throw error;
    });
    if (isReadOnly(run)) return "Noted down. End now.";
    return "Noted down: title and summary will stand on the pull request. Commit what is left, and end.";
  },
});
