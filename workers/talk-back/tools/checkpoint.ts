/** The agent has what it has made so far put aside: a host that dies, or its own next step, then costs it no more than that. */
import { z } from "zod";
import { count } from "../../../src/text/amounts.ts";
import type { CheckpointRecord } from "../../checkpoints/checkpoint-store.ts";
import { type Taken, takeCheckpointNow } from "../../run/checkpoint-taker.ts";
import { passOnSaid } from "../pass-on.ts";
import { Refused, tool } from "../tool.ts";
import { MAX_SAID } from "./progress.ts";

export const checkpoint = tool({
  name: "checkpoint",
  description:
    "Have everything that you have made so far put aside on the worker host, committed or not. Call this when a part of the work stands, or before a step that may spoil it. It is kept if you are stopped, and whoever goes on from your work is told the summary. Your folder is not changed.",
  input: z.object({
    summary: z.string().trim().min(1).max(MAX_SAID).describe("What stands by now, and what is still missing"),
  }),
  async call(talk, { summary }) {
    const taken = await takeCheckpointNow(talk.run);
    await passOnSaid(talk, summary);
    return answerTo(taken);
  },
});

function answerTo(taken: Taken): string {
  switch (taken.kind) {
    case "taken":
      return `Put aside: ${amountOf(taken.checkpoint)}.`;
    case "too soon":
      throw new Refused(
        `You asked for a checkpoint only ${Math.round(taken.ageMs / 1_000)} seconds ago. Go on with your work, and ask again when more has come together.`,
      );
    case "unreadable":
      throw new Refused("Git cannot read what is in your folder: look at `git status`, and put it right first.");
    case "not at work":
      throw new Refused("Nothing can be put aside right now.");
  }
}

const amountOf = ({ commits, files }: CheckpointRecord): string =>
  commits + files === 0
    ? "nothing yet, as no file differs from what you began with"
    : `${count(commits, "commit")}, and ${count(files, "file")} that ${files === 1 ? "differs" : "differ"} from what you began with`;
