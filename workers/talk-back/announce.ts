/** What an agent is told along with the result of any of its calls, as it does not look by itself: what was said to it. */
import { hearCall, messagesForCall } from "../run/messages.ts";
import type { TalkRun } from "./tool.ts";

/** `key`: names the call among all of the run. `isUnderWay`: whether a call is being answered. */
export type Announcing = { key: string; isUnderWay(key: string): boolean };

/** Undefined when there is nothing to say. */
export async function announce({ shared, run }: TalkRun, { key, isUnderWay }: Announcing): Promise<string | undefined> {
  return await messagesForCall(shared, run, key, isUnderWay);
}

/** Before a call is carried out: that it came shows that the agent has the results of the earlier ones. */
export const heard = ({ shared, run }: TalkRun): Promise<void> => hearCall(shared, run);
