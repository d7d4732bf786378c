/** The agent says what it is at: people read it in the progress comment, at its next edit. */
import { z } from "zod";
import { passOnSaid } from "../pass-on.ts";
import { tool } from "../tool.ts";

/** In characters; of what a checkpoint holds, too. */
export const MAX_SAID = 500;

export const progress = tool({
  name: "progress",
  description:
    "Tell the people who wait for your work what you are doing, in one or two sentences. They read it in a comment that is updated every half a minute: call this when you begin something new, not with every step.",
  input: z.object({
    text: z.string().trim().min(1).max(MAX_SAID).describe("What you are doing"),
  }),
  async call(talk, { text }) {
    return { text: "Passed on.", ...(await passOnSaid(talk, text)) };
  },
});
