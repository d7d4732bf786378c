/** The agent says what it is at: people read it in the progress comment, at its next edit. */
import { z } from "zod";
import { Refused, tool } from "../tool.ts";

const MAX_TEXT = 500;

export const progress = tool({
  name: "progress",
  description:
    "Tell the people who wait for your work what you are doing, in one or two sentences. They read it in a comment that is updated every half a minute: call this when you begin something new, not with every step.",
  input: z.object({
    text: z.string().trim().min(1).max(MAX_TEXT).describe(`What you are doing, at most ${MAX_TEXT} characters`),
  }),
  async call({ shared, run }, { text }) {
    const news = {
      name: "progress" as const,
      progress: { said: text },
      epoch: run.folder.record.epoch,
      at: Date.now(),
    };
    try {
      await shared.store.advance(run.task.spec.id, news);
    } catch (error) {
      run.log.warn({ err: error }, "what the agent said could not be recorded");
      throw new Refused("This could not be passed on right now. Go on with your work, and say it again later.");
    }
    return "Passed on.";
  },
});
