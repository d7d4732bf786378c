/** The agent looks whether somebody has said something to it. What was said comes with the result of this call as of any other. */
import { z } from "zod";
import { areMessagesWaiting } from "../../run/messages.ts";
import { Refused, tool } from "../tool.ts";

export const inbox = tool({
  name: "inbox",
  description:
    "Look whether the people who wait for your work, or others of your team, have said something to you since you began. What they say also comes with the result of every other call, so look only where nothing else is to be called: before a long piece of work, and before you end.",
  input: z.object({}),
  async call({ shared, run }) {
    try {
      return (await areMessagesWaiting(shared, run))
        ? "There is something for you."
        : "Nobody has said anything new to you.";
    } catch (error) {
      run.log.warn({ err: error }, "whether something was said to the agent is not known");
      throw new Refused("This cannot be found out right now. Go on with your work.");
    }
  },
});
