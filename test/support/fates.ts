/** What is true of a task's or plan's messages in the end, whatever became of the runs that were to hear them. */
import { expect } from "vitest";
import type { Messages } from "../../src/task/messages.ts";

/** Each message that was said has its fate, and was heard, once, just where that is `delivered`. Gives the ids of those that are buried. */
export async function expectFates(
  messages: Messages,
  place: string,
  { said, heard }: { said: readonly string[]; heard: readonly string[] },
): Promise<string[]> {
  const fates = new Map((await messages.sent(place)).map(({ id, fate }) => [id, fate]));
  expect([...fates.keys()].sort()).toEqual(said.toSorted());
  expect([...fates.values()].every((fate) => fate !== undefined)).toBe(true);
  const withFate = (wanted: string) => [...fates].filter(([, fate]) => fate === wanted).map(([id]) => id);
  expect(heard.toSorted()).toEqual(withFate("delivered").toSorted());
  return withFate("dead");
}
