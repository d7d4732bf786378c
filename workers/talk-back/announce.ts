/** What an agent is told along with the result of any of its calls, as it does not look by itself. */
import type { TalkRun } from "./tool.ts";

/** Undefined when there is nothing to say. */
export async function announce(_talk: TalkRun): Promise<string | undefined> {
  return undefined;
}
